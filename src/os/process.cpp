#include "os/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

extern char** environ;

namespace tutti::os {

namespace {

constexpr int kSignal = 128; // and more: killed by a signal, as shells count it
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

// Waits until there is something to read, or the end of it.
bool readable(int fd, Steady::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now()).count();
        pollfd poll_fd{fd, POLLIN, 0};
        if (left <= 0) return false;
        if (poll(&poll_fd, 1, static_cast<int>(left)) > 0) return true; // else a signal, or the time is up
    }
}

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

    // Its status, or nothing at the deadline.
    std::optional<int> wait(Steady::time_point deadline) {
        const Fd exited{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))}; // glibc 2.36 declares it for C only
        int status = 0;
        if (!readable(exited.get(), deadline) || waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : kSignal + WTERMSIG(status);
    }

  private:
    pid_t pid_;
};

std::unexpected<Error> failed(const char* what) {
    return fail(ErrorKind::internal, fmt::format("{}: {}", what, std::strerror(errno)));
}

// A file in memory: a command that reads nothing cannot block us, and one that reads gets to an end.
bool fill(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return ::lseek(fd, 0, SEEK_SET) == 0;
}

Expected<pid_t> spawn_shell(const std::string& line, int input, int output) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    // Nothing else: a command that outlives us would keep our ports and our data base open.
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    const char* const arguments[] = {"sh", "-c", line.c_str(), nullptr};
    pid_t pid = -1;
    errno = posix_spawn(&pid, "/bin/sh", &files, &attributes, const_cast<char* const*>(arguments), environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (pid < 0) return failed("/bin/sh cannot be started");
    return pid;
}

// Reads to the end, or past `most`; nothing at the deadline.
std::optional<std::string> read_all(int fd, std::size_t most, Steady::time_point deadline) {
    std::string out;
    while (out.size() <= most) {
        if (!readable(fd, deadline)) return std::nullopt;
        char buffer[4096];
        const ssize_t n = ::read(fd, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        out.append(buffer, static_cast<std::size_t>(n));
    }
    return out;
}

} // namespace

Expected<ProcessResult> run_command(const std::string& line, const std::string& input, Duration limit,
                                    std::size_t most) {
    const Fd in{memfd_create("input", MFD_CLOEXEC)};
    if (in.get() < 0 || !fill(in.get(), input)) return failed("no memory for the command's input");
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return failed("no pipe for the command's output");
    const Fd ours{ends[0]};
    Fd theirs{ends[1]};
    const auto pid = spawn_shell(line, in.get(), theirs.get());
    if (!pid) return std::unexpected(pid.error());
    theirs.close();
    Child child{*pid};
    const auto deadline = Steady::now() + limit;
    auto output = read_all(ours.get(), most, deadline);
    if (output && output->size() > most)
        return fail(ErrorKind::bad_answer, fmt::format("the command wrote more than {} kB: it was killed", most >> 10));
    const auto status = output ? child.wait(deadline) : std::nullopt;
    if (!status)
        return fail(ErrorKind::transient,
                    fmt::format("the command did not end within {}: it was killed", human(limit)));
    return ProcessResult{*status, std::move(*output)};
}

std::string failure(int status) {
    if (status > kSignal && status < kSignal + NSIG) return fmt::format("was killed by signal {}", status - kSignal);
    return fmt::format("failed with status {}", status);
}

Expected<void> feed_command(const std::string& line, const std::string& input, Duration limit) {
    const auto result = run_command(line, input, limit);
    if (!result) return std::unexpected(result.error());
    if (result->status == 0) return {};
    return fail(ErrorKind::transient, "the command " + failure(result->status), line,
                "run it by hand; its standard error is in the log");
}

} // namespace tutti::os
