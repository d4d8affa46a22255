/* Looks into a column of the C code for tests/bridge/test_parity_interpreted.py: cln_decide tells
 * of the leader only. */
#include <string.h>

#include "cln_column.h"

int32_t parity_probe(const cln_column *column, int32_t room, int32_t object[], float evidence[],
                     float pose[][CLN_POSE_SIZE]);

/* The first `room` hypotheses; returns how many there are. */
int32_t parity_probe(const cln_column *column, int32_t room, int32_t object[], float evidence[],
                     float pose[][CLN_POSE_SIZE])
{
    const cln_hypotheses *h = &column->hypotheses;
    for (int32_t i = 0; i < h->count && i < room; i++) {
        object[i] = h->of[i].object;
        evidence[i] = h->of[i].evidence;
        memcpy(pose[i], h->of[i].pose, sizeof h->of[i].pose);
    }
    return h->count;
}
