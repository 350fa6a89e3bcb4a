#pragma once
// For tests: name servers as they are installed, each in a folder and on a loopback port of its own.
#include "net/clock_test.hpp"
#include "net/dns_client.hpp"
#include "net/fake_server_test.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

namespace tutti::net::testing {

inline constexpr const char* kSecret = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=";

class RealServer {
  public:
    // `command`: the program and its arguments; FOLDER and PORT are put in, also into the files.
    struct Recipe {
        std::vector<std::string> command;
        std::vector<std::pair<std::string, std::string>> files;
    };

    static bool installed(const Recipe& recipe) { return std::filesystem::exists(recipe.command.front()); }

    explicit RealServer(const Recipe& recipe) {
        std::string pattern = (std::filesystem::temp_directory_path() / "tutti-net-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = pattern;
        for (int attempt = 0; attempt < 3; ++attempt) { // somebody else may take the port first
            port_ = free_port();
            for (const auto& [name, text] : recipe.files) std::ofstream{folder_ / name} << filled(text);
            start(recipe);
            if (answers()) return;
            stop();
        }
        throw std::runtime_error("the server does not start, see " + (folder_ / "log").string());
    }
    ~RealServer() {
        stop();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    RealServer(const RealServer&) = delete;
    RealServer& operator=(const RealServer&) = delete;

    port::Endpoint endpoint() const { return {"127.0.0.1", port_}; }
    std::filesystem::path folder() const { return folder_; }

  private:
    std::string filled(std::string text) const {
        const auto put = [&](std::string_view what, const std::string& with) {
            for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
                text.replace(at, what.size(), with);
        };
        put("FOLDER", folder_.string());
        put("PORT", std::to_string(port_));
        return text;
    }

    void start(const Recipe& recipe) {
        std::vector<std::string> words;
        for (const auto& word : recipe.command) words.push_back(filled(word));
        std::vector<char*> arguments;
        for (auto& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        posix_spawn_file_actions_t files;
        posix_spawn_file_actions_init(&files);
        const std::string log = (folder_ / "log").string();
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
        if (posix_spawn(&pid_, arguments[0], &files, nullptr, arguments.data(), environ) != 0) pid_ = -1;
        posix_spawn_file_actions_destroy(&files);
    }

    // Ready when it answers for its zone; each question waits for its own deadline.
    bool answers() const {
        TestClock clock;
        DnsClient client{clock, {.udp_waits = {seconds(0.1)}, .deadline = seconds(1)}};
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        while (std::chrono::steady_clock::now() < end && waitpid(pid_, nullptr, WNOHANG) == 0) {
            const port::Query query{.server = endpoint(),
                                    .question = {dns::Name::parse("example").value(), dns::Type::SOA}};
            const auto replies = client.ask({&query, 1});
            if (replies[0].message && !replies[0].message->answer.empty()) return true;
        }
        return false;
    }

    void stop() {
        if (pid_ <= 0) return;
        kill(pid_, SIGTERM);
        waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }

    std::filesystem::path folder_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
};

inline constexpr const char* kZoneHead = "$TTL 300\n"
                                         "example. IN SOA ns1.example. admin.example. 1 3600 900 604800 60\n"
                                         "example. IN NS ns1.example.\n"
                                         "ns1.example. IN A 192.0.2.1\n";

inline RealServer::Recipe knot(const std::string& records = {}, const std::string& zone_options = {}) {
    return {{"/usr/sbin/knotd", "-c", "FOLDER/knot.conf"},
            {{"knot.conf", fmt::format(R"(
server:
  rundir: FOLDER
  listen: 127.0.0.1@PORT
database:
  storage: FOLDER
key:
  - id: blue.key
    algorithm: hmac-sha256
    secret: {}
acl:
  - id: blue
    key: blue.key
    action: [update, transfer]
template:
  - id: default
    storage: FOLDER
    acl: blue
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
zone:
  - domain: example.
    file: example.zone
{})",
                                       kSecret, zone_options)},
             {"example.zone", kZoneHead + records}}};
}

inline RealServer::Recipe nsd(const std::string& records = {}) {
    return {{"/usr/sbin/nsd", "-d", "-c", "FOLDER/nsd.conf"},
            {{"nsd.conf", fmt::format(R"(
server:
  ip-address: 127.0.0.1@PORT
  username: ""
  zonesdir: "FOLDER"
  pidfile: "FOLDER/nsd.pid"
  xfrdfile: "FOLDER/xfrd.state"
  xfrdir: "FOLDER"
  zonelistfile: "FOLDER/zone.list"
  database: ""
  server-count: 1
remote-control:
  control-enable: no
key:
  name: "blue.key"
  algorithm: hmac-sha256
  secret: "{}"
zone:
  name: "example"
  zonefile: "example.zone"
  provide-xfr: 127.0.0.1 blue.key
)",
                                      kSecret)},
             {"example.zone", kZoneHead + records}}};
}

} // namespace tutti::net::testing
