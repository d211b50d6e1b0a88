#include "segment.h"

#include <cerrno>
#include <new>
#include <stdexcept>
#include <utility>

#include "rt.h"

#if !defined(_WIN32)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#endif

namespace rtsynth {
namespace {

constexpr std::align_val_t kAlignment{4096};

#if !defined(_WIN32)

/// Closes a descriptor unless it is kept.
class File {
 public:
  explicit File(int file) noexcept : file_(file) {}
  ~File() {
    if (file_ >= 0) close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const noexcept { return file_; }
  [[nodiscard]] int keep() noexcept { return std::exchange(file_, -1); }

 private:
  int file_;
};

void insist(bool good, const char* message) {
  if (!good) throw std::runtime_error(message);
}

#if defined(__linux__)

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
constexpr unsigned kNoExecution = 0x0008U;  // MFD_NOEXEC_SEAL, of Linux 6.3

int open_nameless() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int file = memfd_create("rtsynth", kFlags | kNoExecution);
  return file >= 0 ? file : memfd_create("rtsynth", kFlags);
}

void seal(int file) { insist(fcntl(file, F_ADD_SEALS, kSeals) == 0, "memory cannot be sealed"); }

void check_seals(int file) {
  const int seals = fcntl(file, F_GET_SEALS);
  insist(seals >= 0 && (seals & kSeals) == kSeals, "not a sealed segment of memory");
}

#else

/// A name is needed for a moment.
int open_nameless() {
  static std::atomic<unsigned> count{0};
  const std::string name =
      "/rtsynth-" + std::to_string(getpid()) + "-" + std::to_string(count.fetch_add(1));
  const int file = shm_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
  if (file >= 0) shm_unlink(name.c_str());
  return file;
}

void seal(int /*file*/) {}
void check_seals(int /*file*/) {}

#endif

std::byte* map(int file, std::size_t bytes) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  insist(at != MAP_FAILED, "shared memory cannot be mapped");
  return static_cast<std::byte*>(at);
}

/// A write to every page: the system has given all of them before anything plays.
void fault_in(std::byte* data, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; i += 4096) {
    std::atomic_ref<unsigned char>(reinterpret_cast<unsigned char&>(data[i])).store(0);
  }
}

#endif

}  // namespace

Segment Segment::make(std::size_t bytes) {
  return {static_cast<std::byte*>(::operator new(bytes, kAlignment)), bytes, kNoFile};
}

#if defined(_WIN32)

Segment Segment::make_shared(std::size_t) {
  throw std::runtime_error("this system has no shared memory without a name");
}

Segment Segment::open(int) {
  throw std::runtime_error("this system has no shared memory without a name");
}

#else

Segment Segment::make_shared(std::size_t bytes) {
  File file(open_nameless());
  insist(file.get() >= 0, "no shared memory can be made");
  insist(fchmod(file.get(), 0600) == 0 || errno == EINVAL, "shared memory cannot be kept private");
#if defined(__linux__)
  insist(posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)) == 0, "there is no memory left");
#else
  insist(ftruncate(file.get(), static_cast<off_t>(bytes)) == 0, "there is no memory left");
#endif
  seal(file.get());
  std::byte* const data = map(file.get(), bytes);
  Segment made(data, bytes, file.keep());
  fault_in(made.data(), bytes);
  return made;
}

Segment Segment::open(int file) {
  struct stat status{};
  insist(fstat(file, &status) == 0, "no such descriptor");
  insist(status.st_uid == geteuid(), "a segment of another user");
  check_seals(file);
  insist(status.st_size > 0, "an empty segment");
  File own(fcntl(file, F_DUPFD_CLOEXEC, 0));
  insist(own.get() >= 0, "no descriptor is left");
  const auto bytes = static_cast<std::size_t>(status.st_size);
  std::byte* const data = map(own.get(), bytes);
  return {data, bytes, own.keep()};
}

#endif

Segment::~Segment() {
  if (data_ == nullptr) return;
#if !defined(_WIN32)
  if (file_ != kNoFile) {
    munmap(data_, bytes_);
    close(file_);
    return;
  }
#endif
  ::operator delete(data_, kAlignment);
}

Segment::Segment(Segment&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      file_(std::exchange(other.file_, kNoFile)) {}

Segment& Segment::operator=(Segment&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(file_, other.file_);
  return *this;
}

}  // namespace rtsynth
