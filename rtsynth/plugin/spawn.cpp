#include "spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <vector>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

// ThreadSanitizer takes a process that shares memory for a copy, and loses its way.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RTSYNTH_FORKS
#endif
#endif
#if !defined(__linux__) || defined(__SANITIZE_THREAD__)
#define RTSYNTH_FORKS
#endif

namespace rtsynth::plugin {
namespace {

constexpr off_t kLongestLog = 1 << 20;
constexpr long kMostFiles = 65536;  // to be closed one by one, where the system is an old one
constexpr int kFirstOther = 3;      // descriptor behind those of standard input and output

/// All that the new process needs, made before it is: it may take no memory.
struct Plan {
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::vector<char*> arguments;
  std::vector<char*> variables;
  int log = -1;
  long most_files = 0;
};

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

void close_others(long most_files) {
#if defined(__linux__) && defined(SYS_close_range)
  if (::syscall(SYS_close_range, kFirstOther, ~0U, 0) == 0) return;
#endif
  for (int each = kFirstOther; each < most_files; ++each) ::close(each);
}

/// In the new process: a session, files and signals of its own, then the program.
int become_server(void* context) {
  const Plan& plan = *static_cast<const Plan*>(context);
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDWR);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(plan.log >= 0 ? plan.log : nothing, STDOUT_FILENO);
  ::dup2(STDOUT_FILENO, STDERR_FILENO);
  close_others(plan.most_files);
  if (::chdir("/") != 0) ::_exit(127);
  struct sigaction plain{};
  plain.sa_handler = SIG_DFL;
  for (int each = 1; each < NSIG; ++each) ::sigaction(each, &plain, nullptr);
#if defined(__linux__)
  const sched_param ordinary{};
  ::sched_setscheduler(0, SCHED_OTHER, &ordinary);
#endif
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(plan.arguments[0], plan.arguments.data(), plan.variables.data());
  ::_exit(127);
}

#if !defined(RTSYNTH_FORKS)

constexpr std::size_t kStackBytes = std::size_t{64} << 10;
using Stack = std::array<char, kStackBytes>;

/// A process that shares the host's memory until it has become another program, as in posix_spawn:
/// to copy the host's page tables would make its audio thread stumble over each page.
pid_t start(int (*body)(void*), Stack& stack, void* context, int ending_signal) {
  return ::clone(body, stack.data() + stack.size(), CLONE_VM | CLONE_VFORK | ending_signal,
                 context);
}

struct Parent {
  Plan& plan;
  Stack stack;
};

/// Between the host and the server, so that the server is nobody's child.
int become_parent(void* context) {
  auto& parent = *static_cast<Parent*>(context);
  ::_exit(start(become_server, parent.stack, &parent.plan, SIGCHLD) < 0 ? 1 : 0);
}

/// Its end makes no signal: a host that waits for children of its own does not see it.
bool start_detached(Plan& plan) {
  const auto parent = std::make_unique<Parent>(Parent{plan, {}});
  const auto stack = std::make_unique<Stack>();
  const pid_t child = start(become_parent, *stack, parent.get(), 0);
  int status = 1;
  return child > 0 && ::waitpid(child, &status, __WCLONE) == child && status == 0;
}

#else

bool start_detached(Plan& plan) {
  const pid_t child = ::fork();
  if (child == 0) {
    const pid_t server = ::fork();
    if (server == 0) become_server(&plan);
    ::_exit(server < 0 ? 1 : 0);
  }
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

#endif

/// The same file, in no place of standard input and output: a host may have closed those.
int behind_standard(int file) {
  if (file < 0 || file >= kFirstOther) return file;
  const int other = ::fcntl(file, F_DUPFD_CLOEXEC, kFirstOther);
  ::close(file);
  return other;
}

/// The log, locked; less than 0: there is none. `running`: another server holds it.
int open_log(const Places& places, bool& running) {
  std::error_code ignored;
  std::filesystem::create_directories(places.cache, ignored);
  const int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
  const int log = behind_standard(::open(places.log().c_str(), flags, 0600));
  running = log >= 0 && ::flock(log, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  struct stat about{};
  if (log >= 0 && !running && ::fstat(log, &about) == 0 && about.st_size > kLongestLog) {
    std::filesystem::resize_file(places.log(), 0, ignored);
  }
  return log;
}

}  // namespace

Spawned spawn_server(const Places& places) {
  Plan plan;
  plan.command = server_command(places);
  if (plan.command.empty()) return Spawned::kNotInstalled;
  bool running = false;
  plan.log = open_log(places, running);
  bool started = false;
  if (!running) {
    plan.environment = places.environment;
    plan.arguments = pointers_to(plan.command);
    plan.variables = pointers_to(plan.environment);
    plan.most_files = std::clamp(::sysconf(_SC_OPEN_MAX), 0L, kMostFiles);
    started = start_detached(plan);
  }
  if (plan.log >= 0) ::close(plan.log);
  if (running) return Spawned::kRunning;
  return started ? Spawned::kStarted : Spawned::kRefused;
}

}  // namespace rtsynth::plugin
