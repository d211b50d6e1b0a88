/* Measure a synthesiser on JACK from outside: send MIDI at exact frames, record what comes back.
 *
 *   jack_probe latency --midi-to REGEX --audio-from REGEX --notes N [--seed N] [--spacing-ms MS]
 *   jack_probe send    --midi-to REGEX --notes N
 *   jack_probe record  --midi-to REGEX --audio-from REGEX --events FILE --seconds S [--out FILE.f32]
 *   jack_probe startup [--midi-to REGEX] --audio-from REGEX --wait-s S
 *   jack_probe idle    --seconds S
 *
 * --patience-s S is how much longer than planned a server may take before it counts as hung.
 * `startup` plays a note every 20 ms, until the first sound comes back. Without --out `record` plays
 * and counts only. Without --midi-to it waits until the synthesiser connects itself to probe_send:midi.
 *
 * Two JACK clients in one process, because one client that sends and records closes a loop in the
 * graph and JACK then adds a period. Events are lines "frame status data1 data2", frames counted
 * from the first frame of the recording. Results are JSON lines on stdout; a failure is one line on
 * stderr and exit status 2; 3 where libjack or its server hung, with the stage in that line. In
 * record, send, latency and idle mode {"running": 1} says that everything is connected and counts.
 * The process callbacks allocate nothing and wait for nothing.
 */
#include <jack/jack.h>
#include <jack/midiport.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kMaxEvents = 262144, kMaxGaps = 4096, kLeadFrames = 24000, kGuardFrames = 1024 };
enum { kOpeningLimit = 20, kOpenTryMs = 200 };
enum { kFailed = 2, kHung = 3 };

typedef struct {
  int64_t due_frame;  /* counted from the start of the recording */
  int64_t sent_frame; /* where it was really written, or -1 */
  int64_t offset;     /* of that frame in its period */
  int64_t sent_ns;    /* CLOCK_MONOTONIC at which the synthesiser could first see it */
  unsigned char bytes[3];
} Event;

typedef struct {
  const char *mode, *midi_to, *audio_from, *events, *out;
  int notes, key, velocity, channel, program;
  double seconds, spacing_ms, hold_ms, threshold_db, wait_s;
  unsigned seed;
} Options;

static jack_client_t *sender, *recorder;
static jack_port_t *midi_out, *audio_in[2];
static Event events[kMaxEvents];
static int event_count, next_event;
static float *tape;         /* interleaved stereo, tape_frames long */
static int64_t tape_frames; /* length of the run; 0 in idle mode */
static int64_t gaps[kMaxGaps];     /* frames at which the clock jumped */
static int64_t xrun_at[kMaxGaps];  /* frames near which the server reported a drop-out */
static atomic_int gap_count, xrun_count, late_cycles, running, done;
static atomic_llong gap_frames, first_frame, cycles, latest_us;
static atomic_llong sound_ns; /* CLOCK_MONOTONIC of the first sound, 0: none yet */
static int64_t expected_frame = -1, frames_played;

/* What is being done, for the alarm: libjack may hang where servers are late. */
static const char *volatile stage = "jack_probe: hung while opening\n";
static double patience_s = 10.0; /* of --patience-s */
static volatile sig_atomic_t status_of_alarm = kHung;

static void on_alarm(int signal) {
  (void)signal;
  if (status_of_alarm == kHung && write(STDERR_FILENO, stage, strlen(stage)) < 0) _exit(kFailed);
  _exit(status_of_alarm);
}

static void begin(const char *text, double seconds) {
  stage = text;
  alarm((unsigned)seconds + 1);
}

/* Also before a failure: a server that is stopped beside a dead client may die of it. */
static void close_clients(int status) {
  fflush(stdout);
  status_of_alarm = status; /* all is said: a hang in closing changes nothing */
  begin("", patience_s / 2.0);
  if (sender) jack_client_close(sender);
  if (recorder) jack_client_close(recorder);
}

static void fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "jack_probe: ");
  vfprintf(stderr, format, args);
  fprintf(stderr, "\n");
  va_end(args);
  close_clients(kFailed);
  exit(kFailed);
}

static int64_t monotonic_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int on_xrun(void *arg) {
  (void)arg;
  if (!atomic_load(&running)) return 0;
  const int xrun = atomic_fetch_add(&xrun_count, 1);
  if (xrun < kMaxGaps)
    xrun_at[xrun] = (int64_t)jack_frame_time(recorder) - atomic_load(&first_frame);
  return 0;
}

static int on_send(jack_nframes_t frames, void *arg) {
  (void)arg;
  void *buffer = jack_port_get_buffer(midi_out, frames);
  jack_midi_clear_buffer(buffer);
  if (!atomic_load(&running)) return 0;
  const int64_t now = (int64_t)jack_last_frame_time(sender) - atomic_load(&first_frame);
  for (; next_event < event_count && events[next_event].due_frame < now + frames; ++next_event) {
    Event *event = &events[next_event];
    int64_t offset = event->due_frame - now;
    if (offset < 0) offset = 0; /* JACK skipped a period */
    const size_t size = (event->bytes[0] & 0xe0) == 0xc0 ? 2 : 3; /* program, pressure: 2 */
    if (jack_midi_event_write(buffer, (jack_nframes_t)offset, event->bytes, size) != 0) continue;
    event->sent_frame = now + offset;
    event->offset = offset;
    event->sent_ns = monotonic_ns();
  }
  return 0;
}

static void watch_clock(int64_t frame, jack_nframes_t frames) {
  jack_nframes_t current_frames;
  jack_time_t current_us, next_us;
  float period_us;
  if (expected_frame >= 0 && frame != expected_frame) {
    const int gap = atomic_fetch_add(&gap_count, 1);
    atomic_fetch_add(&gap_frames, llabs(frame - expected_frame));
    if (gap < kMaxGaps) gaps[gap] = frame;
  }
  expected_frame = frame + frames;
  atomic_fetch_add(&cycles, 1);
  if (jack_get_cycle_times(recorder, &current_frames, &current_us, &next_us, &period_us) != 0)
    return;
  const int64_t late_us = (int64_t)jack_get_time() - (int64_t)current_us;
  if (late_us > (int64_t)period_us) atomic_fetch_add(&late_cycles, 1);
  if (late_us > atomic_load(&latest_us)) atomic_store(&latest_us, late_us);
}

static int on_record(jack_nframes_t frames, void *arg) {
  (void)arg;
  if (!atomic_load(&running)) return 0;
  const int64_t now = (int64_t)jack_last_frame_time(recorder) - atomic_load(&first_frame);
  watch_clock(now, frames);
  if (now + frames >= tape_frames) atomic_store(&done, 1);
  if (!tape) return 0;
  const float *left = jack_port_get_buffer(audio_in[0], frames);
  const float *right = jack_port_get_buffer(audio_in[1], frames);
  for (jack_nframes_t i = 0; i < frames; ++i) {
    const int64_t at = now + i;
    if (at < 0 || at >= tape_frames) continue;
    tape[2 * at] = left[i];
    tape[2 * at + 1] = right[i];
  }
  return 0;
}

/* Startup mode: a short note every 20 ms. */
static int on_send_always(jack_nframes_t frames, void *arg) {
  (void)arg;
  void *buffer = jack_port_get_buffer(midi_out, frames);
  jack_midi_clear_buffer(buffer);
  const int64_t beat = jack_get_sample_rate(sender) / 100, before = frames_played / beat;
  frames_played += frames;
  if (frames_played / beat == before) return 0;
  const unsigned char status = before % 2 ? 0x80 : 0x90;
  const unsigned char key = (unsigned char)(48 + before / 2 % 24);
  const unsigned char note[3] = {status, key, 100};
  (void)jack_midi_event_write(buffer, 0, note, 3);
  return 0;
}

/* Startup mode: when the first sample that is not zero came. */
static int on_listen(jack_nframes_t frames, void *arg) {
  (void)arg;
  const float *left = jack_port_get_buffer(audio_in[0], frames);
  for (jack_nframes_t i = 0; i < frames; ++i) {
    if (left[i] == 0.0f || atomic_load(&sound_ns) != 0) continue;
    atomic_store(&sound_ns, monotonic_ns());
  }
  return 0;
}

static jack_client_t *open_client(const char *name, JackProcessCallback process) {
  jack_status_t status;
  jack_client_t *client = jack_client_open(name, JackNoStartServer, &status);
  /* A busy server may not answer. */
  for (int waited_ms = 0; !client && waited_ms < 600.0 * patience_s; waited_ms += kOpenTryMs) {
    usleep(1000 * kOpenTryMs);
    client = jack_client_open(name, JackNoStartServer, &status);
  }
  if (!client) fail("no JACK server answers (status 0x%x)", (unsigned)status);
  jack_set_process_callback(client, process, NULL);
  return client;
}

/* Without --midi-to, the synthesiser is to pick the sender by itself: wait until it has. */
static void wait_to_be_picked(const Options *o) {
  for (double waited = 0.0; waited <= o->wait_s; waited += 0.05) {
    if (jack_port_connected(midi_out) > 0) return;
    usleep(50000);
  }
  fail("nobody connected to probe_send:midi within %.0f s", o->wait_s);
}

/* Connect the first `wanted` ports that match; waits up to wait_s for them. */
static void connect_ports(const Options *o, const char *pattern, int is_midi, int wanted) {
  const char *type = is_midi ? JACK_DEFAULT_MIDI_TYPE : JACK_DEFAULT_AUDIO_TYPE;
  const unsigned long flags = is_midi ? JackPortIsInput : JackPortIsOutput;
  for (double waited = 0.0; waited <= o->wait_s; waited += 0.05) {
    const char **ports = jack_get_ports(recorder, pattern, type, flags);
    int found = 0;
    while (ports && ports[found] && found < wanted) ++found;
    if (found == wanted) {
      for (int i = 0; i < wanted; ++i) {
        const int failed = is_midi ? jack_connect(sender, jack_port_name(midi_out), ports[i])
                                   : jack_connect(recorder, ports[i], jack_port_name(audio_in[i]));
        if (failed) fail("cannot connect %s", ports[i]);
        printf("{\"connected\": \"%s\"}\n", ports[i]);
      }
      jack_free(ports);
      return;
    }
    if (ports) jack_free(ports);
    usleep(50000);
  }
  fail("no %s port matches '%s' after %.0f s", is_midi ? "MIDI" : "audio", pattern, o->wait_s);
}

static void add_event(int64_t frame, int status, int data1, int data2) {
  if (event_count == kMaxEvents) fail("more than %d events", (int)kMaxEvents);
  events[event_count++] =
      (Event){frame, -1, 0, 0, {(unsigned char)status, (unsigned char)data1, (unsigned char)data2}};
}

static void plan_notes(const Options *o, double rate) {
  const int64_t spacing = (int64_t)(o->spacing_ms * 1e-3 * rate);
  const int64_t hold = (int64_t)(o->hold_ms * 1e-3 * rate);
  if (o->program >= 0) add_event(64, 0xc0 | o->channel, o->program, 0);
  srand(o->seed);
  for (int i = 0; i < o->notes; ++i) {
    const int64_t frame = kLeadFrames + i * spacing + rand() % kGuardFrames;
    add_event(frame, 0x90 | o->channel, o->key, o->velocity);
    add_event(frame + hold, 0x80 | o->channel, o->key, 0);
    add_event(frame + 2 * hold, 0xb0 | o->channel, 120, 0); /* all sound off: silence before each */
  }
  tape_frames = kLeadFrames + o->notes * spacing + kLeadFrames;
}

static void plan_recording(const Options *o, double rate) {
  tape_frames = (int64_t)(o->seconds * rate);
  if (!o->events) return;
  FILE *file = fopen(o->events, "r");
  if (!file) fail("cannot read %s", o->events);
  long long frame;
  int status, data1, data2;
  while (fscanf(file, "%lld %i %i %i", &frame, &status, &data1, &data2) == 4)
    add_event(frame, status, data1, data2);
  if (!feof(file)) fail("%s: a line is not 'frame status data1 data2'", o->events);
  fclose(file);
}

static float level_at(int64_t frame) {
  return fmaxf(fabsf(tape[2 * frame]), fabsf(tape[2 * frame + 1]));
}

/* First frame in [from, to) whose level is above `threshold` (linear), or -1. */
static int64_t first_above(int64_t from, int64_t to, float threshold) {
  for (int64_t i = from < 0 ? 0 : from; i < to && i < tape_frames; ++i)
    if (level_at(i) > threshold) return i;
  return -1;
}

static void print_places(const char *name, const int64_t *places, int count) {
  printf("{\"%s\": [", name);
  for (int i = 0; i < count && i < kMaxGaps; ++i)
    printf("%s%lld", i ? ", " : "", (long long)places[i]);
  printf("]}\n");
}

/* Level (linear) of the loudest of kGuardFrames frames before `frame`. */
static float floor_before(int64_t frame) {
  float floor = 0.0f;
  for (int64_t i = frame - kGuardFrames; i < frame; ++i)
    if (i >= 0) floor = fmaxf(floor, level_at(i));
  return floor;
}

/* Whether a note lies beside a place where JACK skipped frames, or was itself sent late. */
static int is_disturbed(const Event *event) {
  const int seen = atomic_load(&gap_count), known = seen < kMaxGaps ? seen : kMaxGaps;
  for (int g = 0; g < known; ++g)
    if (llabs(gaps[g] - event->sent_frame) < 2 * kGuardFrames) return 1;
  return event->sent_frame != event->due_frame;
}

static void report_notes(const Options *o, int64_t period, double rate) {
  const float threshold = powf(10.0f, (float)o->threshold_db / 20.0f);
  const int64_t spacing = (int64_t)(o->spacing_ms * 1e-3 * rate);
  for (int e = 0, note = 0; e < event_count; ++e) {
    const Event *event = &events[e];
    if ((event->bytes[0] & 0xf0) != 0x90) continue;
    /* A synthesiser that ignores offsets sounds up to a period early. */
    const int64_t from = event->sent_frame - period;
    const int64_t to = from + spacing - kGuardFrames;
    const float floor = tape ? floor_before(from) : 0.0f;
    printf("{\"note\": %d, \"sent\": %lld, \"offset\": %lld, \"sent_ns\": %lld, "
           "\"disturbed\": %s", note++, (long long)event->sent_frame, (long long)event->offset,
           (long long)event->sent_ns,
           is_disturbed(event) ? "true" : "false");
    if (tape)
      printf(", \"first\": %lld, \"first_loud\": %lld, \"floor\": %.3g",
             (long long)first_above(from, to, floor),
             (long long)first_above(from, to, fmaxf(floor, threshold)), (double)floor);
    printf("}\n");
  }
}

static void write_tape(const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) fail("cannot write %s", path);
  const size_t values = (size_t)tape_frames * 2;
  if (fwrite(tape, sizeof(float), values, file) != values || fclose(file) != 0)
    fail("cannot write %s", path);
}

static Options parse(int argc, char **argv) {
  Options o = {.notes = 200, .key = 60, .velocity = 100,
               .program = -1, .seconds = 10.0, .spacing_ms = 400.0, .hold_ms = 120.0,
               .threshold_db = -80.0, .wait_s = 20.0, .seed = 1};
  if (argc < 2) fail("usage: jack_probe latency|send|record|startup|idle [--option value]...");
  o.mode = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const char *name = argv[i], *value = argv[i + 1];
    if (!strcmp(name, "--midi-to")) o.midi_to = value;
    else if (!strcmp(name, "--audio-from")) o.audio_from = value;
    else if (!strcmp(name, "--events")) o.events = value;
    else if (!strcmp(name, "--out")) o.out = value;
    else if (!strcmp(name, "--notes")) o.notes = atoi(value);
    else if (!strcmp(name, "--key")) o.key = atoi(value);
    else if (!strcmp(name, "--velocity")) o.velocity = atoi(value);
    else if (!strcmp(name, "--channel")) o.channel = atoi(value);
    else if (!strcmp(name, "--program")) o.program = atoi(value);
    else if (!strcmp(name, "--seconds")) o.seconds = atof(value);
    else if (!strcmp(name, "--spacing-ms")) o.spacing_ms = atof(value);
    else if (!strcmp(name, "--hold-ms")) o.hold_ms = atof(value);
    else if (!strcmp(name, "--threshold-db")) o.threshold_db = atof(value);
    else if (!strcmp(name, "--wait-s")) o.wait_s = atof(value);
    else if (!strcmp(name, "--patience-s")) patience_s = atof(value);
    else if (!strcmp(name, "--seed")) o.seed = (unsigned)atoi(value);
    else fail("unknown option %s", name);
  }
  return o;
}

static void open_clients(const Options *o, int idle, int startup) {
  recorder = open_client("probe_record", startup ? on_listen : on_record);
  jack_set_xrun_callback(recorder, on_xrun, NULL);
  const char *names[2] = {"left", "right"};
  for (int i = 0; i < 2; ++i)
    audio_in[i] =
        jack_port_register(recorder, names[i], JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  if (!idle) {
    sender = open_client("probe_send", startup ? on_send_always : on_send);
    midi_out = jack_port_register(sender, "midi", JACK_DEFAULT_MIDI_TYPE, JackPortIsOutput, 0);
    if (jack_activate(sender)) fail("cannot activate the sender");
  }
  if (jack_activate(recorder)) fail("cannot activate the recorder");
  if (idle || startup) return;
  if (o->midi_to) connect_ports(o, o->midi_to, 1, 1);
  else wait_to_be_picked(o);
  if (o->audio_from) connect_ports(o, o->audio_from, 0, 2);
}

/* Connects the first port that matches, where there is one and `own` has no connection yet. */
static void connect_first(const char *pattern, int is_midi, jack_port_t *own) {
  if (!pattern || jack_port_connected(own) > 0) return;
  const char *type = is_midi ? JACK_DEFAULT_MIDI_TYPE : JACK_DEFAULT_AUDIO_TYPE;
  const char **ports =
      jack_get_ports(recorder, pattern, type, is_midi ? JackPortIsInput : JackPortIsOutput);
  if (!ports) return;
  if (is_midi) (void)jack_connect(sender, jack_port_name(own), ports[0]);
  else (void)jack_connect(recorder, ports[0], jack_port_name(own));
  jack_free(ports);
}

/* Waits for ports that match, then for the first sound. */
static void run_startup(const Options *o) {
  printf("{\"waiting_ns\": %lld}\n", (long long)monotonic_ns());
  for (int tries = 0; tries < (int)(o->wait_s * 500); ++tries, usleep(2000)) {
    if (atomic_load(&sound_ns) != 0) {
      printf("{\"sound_ns\": %lld}\n", (long long)atomic_load(&sound_ns));
      return;
    }
    connect_first(o->audio_from, 0, audio_in[0]);
    connect_first(o->midi_to, 1, midi_out);
  }
  fail("no sound within %.0f s", o->wait_s);
}

/* Until the recorder has seen the whole run, or for `seconds` in idle mode. */
static void wait_for_end(int idle, double seconds) {
  const int64_t start = monotonic_ns();
  const double limit = seconds + patience_s / 2.0;
  if (idle) usleep((useconds_t)(seconds * 1e6));
  while (!idle && !atomic_load(&done)) {
    usleep(20000);
    if ((double)(monotonic_ns() - start) * 1e-9 > limit)
      fail("the server called %lld times in %.0f s and then no more, or too slowly",
           (long long)atomic_load(&cycles), limit);
  }
}

/* How long the mode runs by itself. */
static double time_limit_s(const Options *o) {
  const double notes_s = 1.0 + o->notes * o->spacing_ms * 1e-3;
  return !strcmp(o->mode, "idle") || !strcmp(o->mode, "record") ? o->seconds : notes_s;
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  const Options o = parse(argc, argv);
  signal(SIGALRM, on_alarm);
  begin("jack_probe: hung while opening\n", kOpeningLimit + o.wait_s);
  const int idle = !strcmp(o.mode, "idle"), record = !strcmp(o.mode, "record");
  const int send = !strcmp(o.mode, "send"), startup = !strcmp(o.mode, "startup");
  if (!idle && !record && !send && !startup && strcmp(o.mode, "latency")) fail("unknown mode %s", o.mode);
  open_clients(&o, idle, startup);
  if (startup) {
    run_startup(&o);
    close_clients(0);
    return 0;
  }
  const double rate = jack_get_sample_rate(recorder);
  const int64_t period = jack_get_buffer_size(recorder);
  if (record) plan_recording(&o, rate);
  else if (!idle) plan_notes(&o, rate);
  if (!idle && !send && (!record || o.out)) {
    tape = malloc((size_t)tape_frames * 2 * sizeof(float));
    if (!tape) fail("no memory for %.1f s of sound", (double)tape_frames / rate);
    memset(tape, 0, (size_t)tape_frames * 2 * sizeof(float)); /* touches every page */
  }
  usleep(300000); /* the graph settles after the connections */
  const int64_t start = (int64_t)jack_frame_time(recorder) + 8 * period;
  atomic_store(&first_frame, start);
  atomic_store(&running, 1);
  begin("jack_probe: hung while running\n", time_limit_s(&o) + patience_s);
  printf("{\"running\": 1}\n");
  wait_for_end(idle, time_limit_s(&o));
  atomic_store(&running, 0);
  usleep(50000);
  printf("{\"rate_hz\": %.0f, \"period\": %lld, \"start\": %lld, \"cycles\": %lld, \"xruns\": %d, "
         "\"gaps\": %d, \"gap_frames\": %lld, \"late_cycles\": %d, \"latest_us\": %lld}\n",
         rate, (long long)period, (long long)start, (long long)atomic_load(&cycles),
         atomic_load(&xrun_count), atomic_load(&gap_count), (long long)atomic_load(&gap_frames),
         atomic_load(&late_cycles), (long long)atomic_load(&latest_us));
  print_places("gaps_at", gaps, atomic_load(&gap_count));
  print_places("xruns_at", xrun_at, atomic_load(&xrun_count));
  if (!idle && !record) report_notes(&o, period, rate);
  if (o.out && tape) write_tape(o.out);
  close_clients(0);
  return 0;
}
