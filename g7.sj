job steps 40% quiet looks pcts [  0.   0.   9.  65. 181. 373.] H med 4.0 N med 5.0 below 283: 0.590
 seed_budget=400 seed_share=40 refined_seeds=8 seed_slack=7 resembling=1.3 favour=10 challenge_every=10 candidates=16 right  99.6 steps  13.0 to 0 deg  6.66/2.0 flips 42 looks med 120 p75 1690 p99 2409 max 3003 busy 21% 6s
job steps 40% quiet looks pcts [  0.   0.   9.  67. 189. 405.] H med 4.0 N med 5.0 below 283: 0.590
 seed_budget=400 seed_share=40 refined_seeds=8 seed_slack=7 resembling=1.3 favour=4 challenge_every=10 candidates=16 right  99.4 steps  13.3 to 0 deg  6.17/2.0 flips 42 looks med 124 p75 1690 p99 2449 max 3120 busy 21% 7s
job steps 43% quiet looks pcts [  0.   0.   9.  56. 175. 346.] H med 5.0 N med 5.0 below 283: 0.563
 seed_budget=600 seed_share=60 refined_seeds=10 seed_slack=7 resembling=1.5 favour=4 challenge_every=10 candidates=16 right  99.4 steps  13.3 to 0 deg  5.23/1.9 flips 26 looks med 147 p75 2300 p99 2421 max 3062 busy 25% 4s
job steps 44% quiet looks pcts [  0.   0.   9.  53. 178. 395.] H med 5.0 N med 5.0 below 283: 0.555
 seed_budget=600 seed_share=60 refined_seeds=10 seed_slack=7 resembling=1.5 favour=4 challenge_every=8 candidates=20 right  99.7 steps  13.2 to 0 deg  5.61/2.1 flips 34 looks med 161 p75 2300 p99 2430 max 3080 busy 26% 5s
job steps 45% quiet looks pcts [  0.   0.   9.  63. 199. 415.] H med 5.0 N med 5.0 below 283: 0.535
 seed_budget=600 seed_share=60 refined_seeds=10 seed_slack=9 resembling=1.5 favour=4 challenge_every=10 candidates=16 sure=3.0 right  99.8 steps  14.2 to 0 deg  5.18/1.9 flips 25 looks med 202 p75 2302 p99 2460 max 3029 busy 27% 7s
job steps 46% quiet looks pcts [  0.   0.   9.  55. 177. 370.] H med 5.0 N med 5.0 below 283: 0.538
 seed_budget=800 seed_share=80 refined_seeds=10 seed_slack=7 resembling=2 favour=4 challenge_every=10 candidates=16 right  99.7 steps  13.8 to 0 deg  6.53/2.0 flips 40 looks med 187 p75 2302 p99 2420 max 3032 busy 28% 4s
