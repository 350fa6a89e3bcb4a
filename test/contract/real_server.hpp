#pragma once
// For contract tests: a name server as it is installed, in a folder and on loopback ports of its own. It dies with the
// test program, however that ends. The folder is kept when a test failed.
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace tutti::contract {

// A port that nobody uses now.
std::uint16_t free_port();

class RealServer {
  public:
    RealServer();
    ~RealServer();
    RealServer(const RealServer&) = delete;
    RealServer& operator=(const RealServer&) = delete;

    const std::filesystem::path& folder() const { return folder_; }
    void write(const std::string& name, const std::string& text) const;
    // Starts the program and waits until `ready` says so. Throws, with the log, if it ends or takes too long.
    void start(const std::vector<std::string>& command, const std::function<bool()>& ready);
    // Stops answering, and goes on.
    void freeze() const;
    void thaw() const;

  private:
    std::string log() const;

    std::filesystem::path folder_;
    pid_t pid_ = -1;
};

} // namespace tutti::contract
