/* Plays blocks of a CLAP plugin and of the core by turns, with nothing between them, and takes the
   processor time of each. plugin_probe.py builds it. */
#include <stdint.h>
#include <time.h>

typedef int32_t (*clap_process)(const void *plugin, const void *block);
typedef int (*pa_callback)(const void *input, void *output, unsigned long samples,
                           const void *times, unsigned long flags, void *engine);

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A host's list of events that is empty. */
uint32_t no_events(const void *list)
{
    (void)list;
    return 0;
}

/* `count` blocks; each one's processor time in ns goes to `took`. Returns the last status. */
int32_t play_plugin(clap_process process, const void *plugin, const void *block, int count,
                    int64_t *took)
{
    int32_t status = 0;
    for (int i = 0; i < count; ++i) {
        const int64_t began = now_ns(CLOCK_THREAD_CPUTIME_ID);
        status = process(plugin, block);
        took[i] = now_ns(CLOCK_THREAD_CPUTIME_ID) - began;
    }
    return status;
}

/* The same of the core, as PortAudio plays it. */
void play_core(pa_callback callback, void *engine, float *out, int samples, int count,
               int64_t *took)
{
    static const double times[3];
    for (int i = 0; i < count; ++i) {
        const int64_t began = now_ns(CLOCK_THREAD_CPUTIME_ID);
        callback(0, out, (unsigned long)samples, times, 0, engine);
        took[i] = now_ns(CLOCK_THREAD_CPUTIME_ID) - began;
    }
}
