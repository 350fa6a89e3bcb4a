#include "parent/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

extern char** environ;

namespace tutti::parent {

namespace {

constexpr std::size_t kMaxOutput = 1U << 20;
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

// Ends the whole group, so that a shell's children end with it.
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

    std::optional<int> wait(Steady::time_point deadline) {
        const Fd exited{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))}; // glibc 2.36 declares it for C only
        pollfd p{exited.get(), POLLIN, 0};
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
            if (left <= 0) return std::nullopt;
            if (poll(&p, 1, static_cast<int>(left)) > 0) break;
        }
        int status = 0;
        if (waitpid(pid_, &status, 0) != pid_) return std::nullopt;
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

  private:
    pid_t pid_;
};

Expected<pid_t> spawn_shell(const std::string& line, int input_output) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, input_output, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, input_output, STDOUT_FILENO);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    const char* const arguments[] = {"sh", "-c", line.c_str(), nullptr};
    pid_t pid = -1;
    const int error = posix_spawn(&pid, "/bin/sh", &files, &attributes, const_cast<char* const*>(arguments), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (error != 0)
        return fail(ErrorKind::internal, fmt::format("/bin/sh cannot be started: {}", std::strerror(error)));
    return pid;
}

// Writes the input and reads the output side by side, so that neither waits for the other. False: time or bound passed.
bool converse(int fd, std::string_view input, std::string& output, Steady::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
        if (left <= 0 || output.size() > kMaxOutput) return false;
        pollfd p{fd, static_cast<short>(input.empty() ? POLLIN : POLLIN | POLLOUT), 0};
        if (poll(&p, 1, static_cast<int>(left)) <= 0) continue;
        if (!input.empty() && (p.revents & POLLOUT) != 0) {
            const ssize_t n = send(fd, input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
            if (n < 0 && errno != EAGAIN) input = {}; // it does not want to read more
            if (input.empty()) shutdown(fd, SHUT_WR);
        }
        if ((p.revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
        char buffer[4096];
        const ssize_t n = read(fd, buffer, sizeof buffer);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return true;
        output.append(buffer, static_cast<std::size_t>(n));
    }
}

} // namespace

Expected<ProcessResult> run_command(const std::string& line, const std::string& input, Duration limit) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail(ErrorKind::internal, std::strerror(errno));
    const Fd ours{ends[0]};
    Fd theirs{ends[1]};
    const auto pid = spawn_shell(line, theirs.get());
    if (!pid) return std::unexpected(pid.error());
    theirs.close();
    Child child{*pid};
    const auto deadline = Steady::now() + limit;
    ProcessResult out;
    if (!converse(ours.get(), input, out.output, deadline))
        return fail(ErrorKind::transient,
                    fmt::format("the command did not end within {}, or wrote more than 1 MB: it was "
                                "killed",
                                human(limit)));
    const auto status = child.wait(deadline);
    if (!status) return fail(ErrorKind::transient, fmt::format("the command did not end within {}", human(limit)));
    out.status = *status;
    return out;
}

} // namespace tutti::parent
