#include "cln_hypotheses.h"

#include <string.h>

#define TRIED_ANGLE 0.985f
#define TRIED_PLACE 0.008f

bool cln_push(cln_hypotheses *h, int32_t object, const float pose[12], float evidence)
{
    if (h->count >= h->room) {
        return false;
    }
    cln_hypothesis *one = &h->of[h->count++];
    one->object = object;
    one->evidence = evidence;
    one->fit = one->cost = 0.0f;
    memmove(one->pose, pose, sizeof one->pose);
    one->standing.known = false;
    return true;
}

bool cln_enter(cln_hypotheses *h, const cln_hypothesis *other)
{
    if (h->count >= h->room) {
        return false;
    }
    h->of[h->count] = *other;
    h->of[h->count++].standing.known = false;
    return true;
}

int32_t cln_best_of(const cln_hypotheses *h)
{
    int32_t best = -1;
    for (int32_t i = 0; i < h->count; i++) {
        if (best < 0 || h->of[i].evidence > h->of[best].evidence) {
            best = i;
        }
    }
    return best;
}

float cln_weakest_of(const cln_hypotheses *h)
{
    float least = INFINITY;
    for (int32_t i = 0; i < h->count; i++) {
        least = cln_min(least, h->of[i].evidence);
    }
    return least;
}

static int32_t count_from(const cln_hypotheses *h, float low)
{
    int32_t count = 0;
    for (int32_t i = 0; i < h->count; i++) {
        count += h->of[i].evidence >= low;
    }
    return count;
}

void cln_keep_winners(cln_hypotheses *h, int32_t winners, float slack)
{
    int32_t best = cln_best_of(h);
    if (best < 0) {
        return;
    }
    float high = h->of[best].evidence, low = high - slack;
    if (count_from(h, low) > winners) { /* bisect, so that nothing is sorted and order is kept */
        for (int32_t k = 0; k < 14; k++) {
            float middle = 0.5f * (low + high);
            if (count_from(h, middle) > winners) {
                low = middle;
            } else {
                high = middle;
            }
        }
        low = high;
    }
    int32_t kept = 0;
    for (int32_t i = 0; i < h->count; i++) {
        if (h->of[i].evidence >= low && kept < winners) {
            if (kept != i) {
                h->of[kept] = h->of[i];
            }
            kept++;
        }
    }
    h->count = kept;
}

bool cln_is_near(const float a[12], const float b[12], const float centre[3], float cosine,
                 float distance)
{
    float trace = 0.0f;
    for (int32_t k = 0; k < 9; k++) {
        trace += a[k] * b[k];
    }
    if (0.5f * (trace - 1.0f) < cosine) {
        return false;
    }
    float square = 0.0f;
    for (int32_t k = 0; k < 3; k++) {
        float step = 0.0f;
        for (int32_t j = 0; j < 3; j++) {
            step += a[3 * j + k] * (centre[j] - a[9 + j]) - b[3 * j + k] * (centre[j] - b[9 + j]);
        }
        square += step * step;
    }
    return square < distance * distance;
}

bool cln_is_tried(const cln_hypotheses *h, int32_t object, const float pose[12],
                  const float centre[3])
{
    for (int32_t i = 0; i < h->count; i++) {
        if (h->of[i].object == object &&
            cln_is_near(h->of[i].pose, pose, centre, TRIED_ANGLE, TRIED_PLACE)) {
            return true;
        }
    }
    return false;
}
