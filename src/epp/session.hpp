#pragma once
// One session (RFC 5730 2.4-2.9): greeting, login, commands one after the other, logout. Not for several threads.
#include "epp/commands.hpp"
#include "epp/transport.hpp"

#include <functional>
#include <memory>

namespace tutti::epp {

struct LoginSettings {
    std::string client;          // clID, 3 to 16 characters
    std::string password;        // 6 to 16 characters; a secret
    std::string language = "en"; // if the server has it; else the server's first
    Duration reply_limit = seconds(30);
};

// Each frame as it went (`sent`) or came, passwords masked.
using FrameLog = std::function<void(bool sent, std::string_view xml)>;

// Unpredictable beginning, then a counter: no two commands of any process have the same clTRID.
class TransactionIds {
  public:
    TransactionIds();
    std::string next();

  private:
    std::string prefix_;
    std::uint64_t count_ = 0;
};

class Session {
  public:
    // Reads the greeting and logs in with the objects and extensions that are used here and offered. Errors:
    // unsupported (the server has no domains), auth, throttled (2502), unreachable, bad_answer.
    static Expected<std::unique_ptr<Session>> open(std::unique_ptr<Transport> transport, const LoginSettings& settings,
                                                   FrameLog log);

    // One command. A response, whatever its code, is no error here. `unreachable`: not done. `unknown_outcome`: it was
    // sent, and no reply to it could be read: done, or not. After an error, and after a code that closes, usable() is
    // false.
    Expected<Response> run(const Command& command);
    // Keeps the session alive (RFC 5730 2.3): the server answers with its greeting.
    Expected<void> hello();
    // Ends it politely; what becomes of it does not matter.
    void logout();

    bool usable() const { return usable_ && !transport_->stale(); }
    // Agreed at login.
    bool speaks(std::string_view uri) const;

  private:
    Session(std::unique_ptr<Transport> transport, LoginSettings settings, FrameLog log)
        : transport_(std::move(transport)), settings_(std::move(settings)), log_(std::move(log)) {}
    Expected<void> greet();
    Expected<void> login();
    Expected<Response> exchange(const std::string& xml, const std::string& id);
    Expected<void> send(const std::string& xml);
    Expected<std::string> receive();

    std::unique_ptr<Transport> transport_;
    LoginSettings settings_;
    FrameLog log_;
    TransactionIds ids_;
    Greeting greeting_;
    std::vector<std::string> objects_, extensions_; // agreed
    bool usable_ = true;
};

} // namespace tutti::epp
