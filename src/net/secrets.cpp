#include "net/secrets.hpp"

#include "os/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tutti::net {

namespace {

constexpr std::size_t kMaxSecret = 64U << 10;

class Fd {
  public:
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

std::string error_text(int error) {
    return std::strerror(error);
}

Expected<std::string> finished(std::string secret, const std::string& where) {
    while (!secret.empty() && std::string_view{" \t\r\n"}.contains(secret.back())) secret.pop_back();
    if (secret.empty()) return fail(ErrorKind::invalid, "the secret is empty", where);
    return secret;
}

Expected<std::string> read_file(const std::string& path, const std::string& where) {
    // Not blocking: opening a FIFO would wait for a writer.
    const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    const int error = errno;
    if (fd.get() < 0)
        return fail(error == ENOENT ? ErrorKind::not_found : ErrorKind::invalid,
                    fmt::format("the file cannot be opened: {}", error_text(error)), where,
                    error == EACCES ? "Give the user of this process the right to read it" : "");
    struct stat info{};
    if (fstat(fd.get(), &info) != 0) return fail(ErrorKind::internal, error_text(errno), where);
    if (!S_ISREG(info.st_mode)) return fail(ErrorKind::invalid, "not a regular file", where);
    if ((info.st_mode & (S_IROTH | S_IWOTH)) != 0)
        return fail(ErrorKind::invalid, "everybody on this machine can read or write the file", where,
                    fmt::format("chmod 600 {}", path));
    std::string content(kMaxSecret + 1, '\0');
    std::size_t size = 0;
    for (ssize_t n = 1; n > 0 && size < content.size(); size += static_cast<std::size_t>(n)) {
        n = ::read(fd.get(), content.data() + size, content.size() - size);
        if (n < 0)
            return fail(ErrorKind::internal, fmt::format("the file cannot be read: {}", error_text(errno)), where);
    }
    if (size > kMaxSecret) return fail(ErrorKind::invalid, "the file is longer than 64 kB", where);
    content.resize(size);
    return finished(std::move(content), where);
}

Expected<std::string> read_env(const std::string& name, const std::string& where) {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return fail(ErrorKind::not_found, "the variable is not set", where);
    return finished(value, where);
}

Expected<std::string> read_command(const std::string& line, const std::string& where, Duration limit) {
    auto result = os::run_command(line, "", limit, kMaxSecret);
    if (!result) {
        result.error().where = where;
        return std::unexpected(std::move(result.error()));
    }
    if (result->status != 0)
        return fail(ErrorKind::transient, fmt::format("the command {}", os::failure(result->status)), where,
                    "Run it as the user of this process; what it prints on stderr is in the log");
    return finished(std::move(result->output), where);
}

} // namespace

Expected<std::string> SecretReader::read(const port::SecretRef& ref) {
    switch (ref.kind) {
    case port::SecretRef::Kind::file:
        return read_file(ref.value, ref.text());
    case port::SecretRef::Kind::env:
        return read_env(ref.value, ref.text());
    case port::SecretRef::Kind::command:
        return read_command(ref.value, ref.text(), command_deadline_);
    }
    return fail(ErrorKind::internal, "unknown kind of reference");
}

} // namespace tutti::net
