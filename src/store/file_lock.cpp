#include "store/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace tutti::store {

namespace {

constexpr int kTries = 50;
constexpr timespec kPause{0, 20'000'000};

// A process that was killed just when it started a command leaves a child that holds the lock for a moment more, until
// it becomes the command.
bool soon_locked(int fd) {
    for (int i = 0; i < kTries; ++i) {
        if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
        ::nanosleep(&kPause, nullptr);
    }
    return false;
}

} // namespace

Expected<FileLock> FileLock::take(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(ErrorKind::internal, std::string("cannot open the lock file (") + std::strerror(errno) + ")", path,
                    "the folder must exist and be writable for this user");
    if (!soon_locked(fd)) {
        char pid[32] = {};
        const auto size = ::read(fd, pid, sizeof pid - 1);
        ::close(fd);
        const std::string who = size > 0 ? " (process " + std::string(pid, static_cast<std::size_t>(size)) + ")" : "";
        return fail(ErrorKind::conflict, "another tutti" + who + " uses this database", path,
                    "stop it, or give this one a database of its own");
    }
    const std::string pid = std::to_string(::getpid());
    if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) { /* only for the error text above */
    }
    return FileLock(fd);
}

FileLock::~FileLock() {
    if (fd_ >= 0) ::close(fd_);
}

} // namespace tutti::store
