/* An example: recognises the exported model's objects from percepts that are written as text.
 *
 *     build/recognise < sample.txt
 *
 * A line is a step: the 18 numbers of a percept (colonnade.h says which), or of several patches one
 * after the other. An empty line ends the episode. A line that begins with # says what is shown,
 * which is told beside what was recognised. On a robot the numbers come from `cln_sense`, and
 * `cln_goal` says where to touch next; here they are taken as they come. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cln_config.h"
#include "colonnade.h"

#define MOST_LINE 4096

static uint64_t memory[CLN_COLUMN_WORDS];
static cln_model model;
static cln_column *column;
static char shown[MOST_LINE];

/* The percepts of a line; how many, 0 where it does not hold whole ones. */
static uint32_t read_percepts(const char *line, float percepts[CLN_MOST_PATCHES][CLN_PERCEPT_SIZE])
{
    uint32_t count = 0;
    for (char *past; count < CLN_MOST_PATCHES * CLN_PERCEPT_SIZE; count++, line = past) {
        float number = strtof(line, &past);
        if (past == line) {
            break;
        }
        percepts[count / CLN_PERCEPT_SIZE][count % CLN_PERCEPT_SIZE] = number;
    }
    line += strspn(line, " \t\r\n");
    return *line || count % CLN_PERCEPT_SIZE ? 0 : count / CLN_PERCEPT_SIZE;
}

/* Say what the episode came to, and begin another. */
static void conclude(int state, int steps)
{
    cln_decision d = {0};
    const char *name = "unknown";
    int length = (int)strlen(name);
    if (steps > 0) {
        cln_polish(column);
        cln_decide(column, &d);
        if (state != CLN_UNKNOWN && d.object >= 0) {
            length = cln_model_name(&model, d.object, &name);
        }
        printf("%.*s%s after %d steps, evidence %.1f nats", length, name,
               state == CLN_OPEN ? " (not sure yet)" : "", steps, (double)d.evidence);
        printf("%s%s\n", *shown ? ", shown: " : "", shown);
    }
    *shown = 0;
    cln_column_reset(column);
}

int main(void)
{
    static char line[MOST_LINE];
    static float percepts[CLN_MOST_PATCHES][CLN_PERCEPT_SIZE];
    int state = CLN_OPEN, steps = 0, number = 0;
    int error = cln_model_open(&model, cln_model_data, CLN_MODEL_BYTES);
    if (!error) {
        error = cln_column_init(&column, memory, sizeof memory, &model, NULL);
    }
    while (!error && fgets(line, sizeof line, stdin)) {
        number++;
        if (*line == '#') {
            const char *name = line + 1 + strspn(line + 1, " ");
            memcpy(shown, name, strcspn(name, "\r\n") + 1);
            shown[strcspn(shown, "\r\n")] = 0;
        } else if (line[strspn(line, " \t\r\n")] == 0) {
            conclude(state, steps);
            state = CLN_OPEN;
            steps = 0;
        } else if (state == CLN_OPEN) { /* what comes after a decision is not needed */
            uint32_t patches = read_percepts(line, percepts);
            if (patches == 0) {
                fprintf(stderr, "line %d holds no percepts: 18 numbers each\n", number);
                return 1;
            }
            state = cln_step(column, (const float(*)[CLN_PERCEPT_SIZE])percepts, patches);
            error = state < 0 ? state : 0;
            steps++;
        }
    }
    if (error) {
        fprintf(stderr, "%s\n", cln_strerror(error));
        return 1;
    }
    conclude(state, steps);
    return 0;
}
