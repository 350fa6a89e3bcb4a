#include "test/contract/real_server.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace tutti::contract {

namespace {

constexpr auto kStartDeadline = std::chrono::seconds(30);

// Free for both protocols.
bool is_free(int type, std::uint16_t& port) {
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    socklen_t size = sizeof address;
    const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                       getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    port = ntohs(address.sin_port);
    close(fd);
    return bound;
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::string& log) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    std::vector<char*> arguments;
    for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    _exit(127);
}

} // namespace

std::uint16_t free_port() {
    while (true) {
        std::uint16_t port = 0;
        if (is_free(SOCK_STREAM, port) && is_free(SOCK_DGRAM, port)) return port;
    }
}

RealServer::RealServer() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tutti-contract-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
}

RealServer::~RealServer() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    std::error_code ignored;
    if (testing::UnitTest::GetInstance()->Failed())
        std::cerr << "kept: " << folder_ << '\n';
    else
        std::filesystem::remove_all(folder_, ignored);
}

void RealServer::write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    std::filesystem::permissions(folder_ / name,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

std::string RealServer::log() const {
    std::stringstream out;
    out << std::ifstream(folder_ / "log").rdbuf();
    return out.str();
}

void RealServer::start(const std::vector<std::string>& command, const std::function<bool()>& ready) {
    const auto file = (folder_ / "log").string();
    pid_ = fork();
    if (pid_ == 0) become(command, file);
    const auto end = std::chrono::steady_clock::now() + kStartDeadline;
    while (std::chrono::steady_clock::now() < end) {
        if (waitpid(pid_, nullptr, WNOHANG) != 0) {
            pid_ = -1;
            throw std::runtime_error(command[0] + " ended: " + log());
        }
        if (ready()) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    throw std::runtime_error(command[0] + " is not ready in time: " + log());
}

void RealServer::freeze() const {
    kill(pid_, SIGSTOP);
}
void RealServer::thaw() const {
    kill(pid_, SIGCONT);
}

} // namespace tutti::contract
