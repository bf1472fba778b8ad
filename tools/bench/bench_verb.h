/* `allclear bench`: what this machine does. */
#ifndef TOOLS_BENCH_BENCH_VERB_H
#define TOOLS_BENCH_BENCH_VERB_H

/* Returns: 0, 1 when the figure is void, or >= 64 when it could not run. */
int verb_bench(int argc, char **argv);

#endif
