job steps 45% quiet looks pcts [  0.   5.  16.  76. 178. 348.] H med 4.0 N med 10.0 below 283: 0.554
 seed_budget=400 seed_share=40 refined_seeds=8 seed_slack=7 resembling=1.3 favour=10 challenge_every=10 candidates=16 right  96.2 steps  21.8 to 0 deg 19.65/3.2 flips 102 looks med 169 p75 2301 p99 2488 max 3028 busy 26% 9s
job steps 45% quiet looks pcts [  0.   5.  16.  75. 176. 341.] H med 4.0 N med 11.0 below 283: 0.550
 seed_budget=400 seed_share=40 refined_seeds=8 seed_slack=7 resembling=1.3 favour=4 challenge_every=10 candidates=16 right  96.9 steps  22.4 to 0 deg 18.18/3.1 flips 92 looks med 175 p75 2302 p99 2480 max 2951 busy 26% 4s
job steps 48% quiet looks pcts [  0.   6.  16.  79. 183. 366.] H med 5.0 N med 10.0 below 283: 0.517
 seed_budget=600 seed_share=60 refined_seeds=10 seed_slack=7 resembling=1.5 favour=4 challenge_every=10 candidates=16 right  97.0 steps  21.6 to 0 deg 18.80/3.2 flips 101 looks med 233 p75 2306 p99 2483 max 3008 busy 31% 4s
job steps 48% quiet looks pcts [  0.   6.  19.  92. 198. 402.] H med 5.0 N med 11.0 below 283: 0.507
 seed_budget=600 seed_share=60 refined_seeds=10 seed_slack=7 resembling=1.5 favour=4 challenge_every=8 candidates=20 right  96.6 steps  22.2 to 0 deg 17.21/3.2 flips 82 looks med 260 p75 2307 p99 2526 max 3072 busy 31% 5s
job steps 51% quiet looks pcts [  0.   5.  15.  76. 179. 349.] H med 5.0 N med 11.0 below 283: 0.486
 seed_budget=600 seed_share=60 refined_seeds=10 seed_slack=9 resembling=1.5 favour=4 challenge_every=10 candidates=16 sure=3.0 right  96.7 steps  23.1 to 0 deg 15.60/2.8 flips 83 looks med 363 p75 2310 p99 2520 max 3010 busy 34% 5s
job steps 52% quiet looks pcts [  0.   5.  13.  70. 181. 373.] H med 5.0 N med 10.0 below 283: 0.480
 seed_budget=800 seed_share=80 refined_seeds=10 seed_slack=7 resembling=2 favour=4 challenge_every=10 candidates=16 right  97.0 steps  21.9 to 0 deg 14.62/2.8 flips 67 looks med 440 p75 2309 p99 2488 max 3008 busy 35% 5s
