// The server's process: what it holds, who its parent is, and what the host sees of it.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include "fake_server.h"
#include "spawn.h"

using namespace rtsynth::plugin;

namespace {

std::atomic<int> children_ended{0};

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a script writes into its log, once it has written `last`.
std::string log_of(const Places& places, const std::string& last) {
  CHECK(comes([&] { return text_of(places.log()).find(last) != std::string::npos; }));
  return text_of(places.log());
}

// 32 and 33, which nobody else can set: glibc's posix_spawn may leave them ignored (make uses it).
constexpr unsigned long long kSignalsOfLibc = 3ULL << 31;

/// The set in a line of /proc/PID/status, a bit a signal; all of them where there is no such line.
unsigned long long signals_in(const std::string& status, const std::string& name) {
  const std::size_t at = status.find(name);
  return at == std::string::npos ? ~0ULL
                                 : std::stoull(status.substr(at + name.size()), nullptr, 16);
}

}  // namespace

TEST_CASE("words of a command are those of a shell") {
  using Words = std::vector<std::string>;
  CHECK(words_of("  a b\tc ") == Words{"a", "b", "c"});
  CHECK(words_of(R"('a b' "c 'd'" e\ f'' '')") == Words{"a b", "c 'd'", "e f", ""});
  CHECK(words_of(R"("a\"b" 'c\d')") == Words{"a\"b", "c\\d"});
  CHECK(words_of("").empty());
  CHECK(words_of("'never ends") == Words{"never ends"});
}

TEST_CASE("the command is the environment's, the config's, or that on the path") {
  const Room room("");
  Places places = find_places();
  places.path = room.folder() / "bin";
  places.home = room.folder();
  CHECK(server_command(places).empty());
  const auto program = [&](const std::filesystem::path& path) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "#!/bin/sh\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path.string();
  };
  using Words = std::vector<std::string>;
  const std::string local = program(room.folder() / ".local/bin/rtsynth");
  CHECK(server_command(places) == Words{local, "serve"});
  const std::string on_path = program(room.folder() / "bin/rtsynth");
  CHECK(server_command(places) == Words{on_path, "serve"});
  const std::string other = program(room.folder() / "a place/python");
  std::filesystem::create_directories(places.config);
  std::ofstream(places.config + "/server") << "'" + other + "' -m rtsynth serve\n";
  CHECK(server_command(places) == Words{other, "-m", "rtsynth", "serve"});
  std::filesystem::remove(other);  // an environment that was removed
  CHECK(server_command(places) == Words{on_path, "serve"});
  places.server = "/no/such/program";  // then it is that one or none
  CHECK(server_command(places).empty());
  places.server = "/bin/sh -c true";
  CHECK(server_command(places) == Words{"/bin/sh", "-c", "true"});
}

TEST_CASE("a server is nobody's child, holds nothing of the host's, and writes to its log") {
  // Signals as grep has them: the shell blocks its own while it starts a program.
  const Room room(
      R"(/bin/sh -c 'ls -l /proc/$$/fd; echo parent $PPID; grep Sig /proc/self/status; echo end')");
  const Descriptor of_host(::open("/dev/zero", O_RDONLY));  // not closed by exec
  struct sigaction before{}, action{};
  action.sa_handler = [](int) { ++children_ended; };
  ::sigaction(SIGCHLD, &action, &before);
  ::signal(SIGPIPE, SIG_IGN);
  const Places places = find_places();
  REQUIRE(spawn_server(places) == Spawned::kStarted);
  const std::string log = log_of(places, "end");
  CHECK(log.find("/dev/zero") == std::string::npos);
  CHECK(log.find("parent " + std::to_string(::getpid())) == std::string::npos);
  CHECK(signals_in(log, "SigBlk:") == 0);
  CHECK((signals_in(log, "SigIgn:") & ~kSignalsOfLibc) == 0);
#if !defined(RTSYNTH_SANITIZED)  // for ThreadSanitizer's sake it is a plain child there
  CHECK(children_ended == 0);
#endif
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
  ::sigaction(SIGCHLD, &before, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
}

TEST_CASE("a host that has closed a standard file gets its server, and that its log") {
  for (const int closed : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const Room room("/bin/sh -c 'echo end'");
    const Places places = find_places();
    const int kept = ::fcntl(closed, F_DUPFD_CLOEXEC, 10);
    ::close(closed);
    const Spawned spawned = spawn_server(places);
    ::dup2(kept, closed);
    ::close(kept);
    REQUIRE(spawned == Spawned::kStarted);
    CHECK(log_of(places, "end").find("end") != std::string::npos);
  }
}

TEST_CASE("no second server is started while the first one lives, whoever asks") {
  const Room room;
  const std::filesystem::path stay = room.folder() / "stay";  // gone with the room, at the latest
  const std::string script = "while [ -e " + stay.string() + " ]; do sleep 0.01; done";
  ::setenv("RTSYNTH_SERVER", ("/bin/sh -c '" + script + "'").c_str(), 1);
  std::ofstream(stay) << "";
  const Places places = find_places();
  REQUIRE(spawn_server(places) == Spawned::kStarted);
  for (int i = 0; i < 3; ++i) CHECK(spawn_server(places) == Spawned::kRunning);
  std::filesystem::remove(stay);
  CHECK(comes([&] { return spawn_server(places) == Spawned::kStarted; }));
}

TEST_CASE("without a program, without a cache, and beside a file in its place") {
  const Room room("/no/such/program");
  Places places = find_places();
  places.home = room.folder();
  places.path = "";
  CHECK(spawn_server(places) == Spawned::kNotInstalled);
  places.server = "/bin/sh -c :";
  std::ofstream(room.folder() / "file") << "";
  places.cache = room.folder() / "file" / "cache";
  CHECK(spawn_server(places) == Spawned::kStarted);
}
