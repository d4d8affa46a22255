job steps 40% quiet looks pcts [  0.   5.  17.  91. 198. 536.] H med 4.0 N med 7.0 below 283: 0.586
 seed_budget=400 seed_share=40 refined_seeds=8 seed_slack=7 resembling=1.3 favour=10 challenge_every=10 candidates=16 right 100.0 steps  15.0 to 0 deg  6.70/2.4 flips 33 looks med 136 p75 1883 p99 2433 max 3267 busy 22% 8s
job steps 40% quiet looks pcts [  0.   5.  16.  87. 195. 524.] H med 4.0 N med 7.0 below 283: 0.591
 seed_budget=400 seed_share=40 refined_seeds=8 seed_slack=7 resembling=1.3 favour=4 challenge_every=10 candidates=16 right 100.0 steps  14.9 to 0 deg  7.06/2.6 flips 38 looks med 129 p75 1886 p99 2424 max 3060 busy 22% 4s
job steps 42% quiet looks pcts [  0.   6.  15.  89. 195. 753.] H med 5.0 N med 6.0 below 283: 0.561
 seed_budget=600 seed_share=60 refined_seeds=10 seed_slack=7 resembling=1.5 favour=4 challenge_every=10 candidates=16 right 100.0 steps  14.8 to 0 deg  8.40/2.6 flips 45 looks med 166 p75 2301 p99 2420 max 2903 busy 25% 4s
job steps 43% quiet looks pcts [  0.   6.  18. 102. 204. 726.] H med 5.0 N med 6.0 below 283: 0.554
 seed_budget=600 seed_share=60 refined_seeds=10 seed_slack=7 resembling=1.5 favour=4 challenge_every=8 candidates=20 right 100.0 steps  15.0 to 0 deg  5.82/2.5 flips 29 looks med 179 p75 2301 p99 2437 max 2934 busy 26% 4s
job steps 46% quiet looks pcts [  0.   6.  14.  87. 194. 465.] H med 5.0 N med 6.0 below 283: 0.534
 seed_budget=600 seed_share=60 refined_seeds=10 seed_slack=9 resembling=1.5 favour=4 challenge_every=10 candidates=16 sure=3.0 right 100.0 steps  15.5 to 0 deg  5.47/2.5 flips 24 looks med 204 p75 2303 p99 2448 max 2908 busy 28% 4s
job steps 45% quiet looks pcts [  0.   6.  13.  88. 203. 626.] H med 5.0 N med 6.0 below 283: 0.532
 seed_budget=800 seed_share=80 refined_seeds=10 seed_slack=7 resembling=2 favour=4 challenge_every=10 candidates=16 right 100.0 steps  15.3 to 0 deg  7.48/2.5 flips 33 looks med 204 p75 2303 p99 2445 max 3011 busy 29% 4s
