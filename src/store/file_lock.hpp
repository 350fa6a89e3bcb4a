#pragma once
// One daemon per database: a lock on a file beside it, held as long as this lives; the system drops it when the
// process dies, however it dies.
#include "base/error.hpp"

#include <string>
#include <utility>

namespace tutti::store {

class FileLock {
  public:
    // conflict: somebody else holds it (the error names the process).
    static Expected<FileLock> take(const std::string& path);
    ~FileLock();
    FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileLock& operator=(FileLock&&) = delete;

  private:
    explicit FileLock(int fd) : fd_(fd) {}
    int fd_;
};

} // namespace tutti::store
