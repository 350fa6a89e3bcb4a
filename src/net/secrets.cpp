#include "net/secrets.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

extern char** environ;

namespace tutti::net {

namespace {

constexpr std::size_t kMaxSecret = 64U << 10;
using Steady = std::chrono::steady_clock;

class Fd {
  public:
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() { close(); }
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    int get() const { return fd_; }
    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

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

// Waits until there is something to read, or the end of it.
bool readable(int fd, Steady::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
        pollfd poll_fd{fd, POLLIN, 0};
        if (left <= 0) return false;
        if (poll(&poll_fd, 1, static_cast<int>(left)) > 0) return true; // else a signal, or the time is up
    }
}

// A child in a process group of its own, so that a shell's children end with it.
class Child {
  public:
    explicit Child(pid_t pid) : pid_(pid) {}
    ~Child() {
        if (pid_ < 0) return;
        kill(-pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    // The exit status, or nothing at the deadline.
    std::optional<int> wait(Steady::time_point deadline) {
        const Fd exited{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))}; // glibc 2.36 declares it for C only
        int status = 0;
        if (!readable(exited.get(), deadline) || waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
        pid_ = -1;
        return status;
    }

  private:
    pid_t pid_;
};

Expected<pid_t> spawn_shell(const std::string& line, int output, const std::string& where) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO); // stderr goes where ours goes
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    const char* const arguments[] = {"sh", "-c", line.c_str(), nullptr};
    pid_t pid = -1;
    const int error = posix_spawn(&pid, "/bin/sh", &files, &attributes, const_cast<char* const*>(arguments), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
        return fail(ErrorKind::internal, fmt::format("/bin/sh cannot be started: {}", error_text(error)), where);
    return pid;
}

// Reads to the end of the output; nothing at the deadline.
std::optional<std::string> read_all(int fd, Steady::time_point deadline) {
    std::string out;
    while (out.size() <= kMaxSecret) {
        if (!readable(fd, deadline)) return std::nullopt;
        char buffer[4096];
        const ssize_t n = ::read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
}

Expected<std::string> read_command(const std::string& line, const std::string& where, Duration limit) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorKind::internal, error_text(errno), where);
    const Fd output{ends[0]};
    Fd input{ends[1]};
    const auto pid = spawn_shell(line, input.get(), where);
    if (!pid) return std::unexpected(pid.error());
    input.close();
    Child child{*pid};
    const auto deadline = Steady::now() + limit;
    auto content = read_all(output.get(), deadline);
    if (content && content->size() > kMaxSecret)
        return fail(ErrorKind::invalid, "the command printed more than 64 kB", where);
    const auto status = content ? child.wait(deadline) : std::nullopt;
    if (!status)
        return fail(ErrorKind::transient, fmt::format("the command did not end within {}", human(limit)), where);
    if (!WIFEXITED(*status))
        return fail(ErrorKind::transient, fmt::format("the command was killed by signal {}", WTERMSIG(*status)), where);
    if (WEXITSTATUS(*status) != 0)
        return fail(ErrorKind::transient, fmt::format("the command failed with status {}", WEXITSTATUS(*status)), where,
                    "Run it as the user of this process; what it prints on stderr is in the log");
    return finished(std::move(*content), where);
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
