#pragma once
// The sessions of one account at one registry: opened when needed, shared by threads, within the registry's limits.
#include "epp/session.hpp"

#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>

namespace tutti::epp {

struct ClientLimits {
    int sessions = 1;                                                      // at a time
    int per_minute = 0;                                                    // commands, logins included; 0: no limit
    Duration idle = seconds(240);                                          // a session idle for longer is opened anew
    Duration age = seconds(86400);                                         // and one that is older, too
    Duration first_back_off = seconds(5), longest_back_off = seconds(600); // after a connection that failed
    Duration reply = seconds(30);                                          // for one reply
    Duration patience = seconds(60);                                       // for a session that others use
};

class Client {
  public:
    // Connects and logs in; called without any lock.
    using Open = std::function<Expected<std::unique_ptr<Session>>()>;

    Client(Open open, ClientLimits limits) : open_(std::move(open)), limits_(limits), allowed_(limits.sessions) {}
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // One command. What only reads is asked again in a new session when its reply was lost. What changes something is
    // sent once and never again: `unknown_outcome` is for the caller, who looks and sends what is still missing.
    // After a connection that failed, others are refused for a while with the same error; longer each time.
    Expected<Response> run(const Command& command);
    // Agreed at the last login; logs in if there is no session.
    Expected<bool> speaks(std::string_view uri);
    // hello in every session that nobody uses and that was quiet for half of `idle`.
    void keep_alive();

  private:
    using Moment = std::chrono::steady_clock::time_point;
    struct Slot {
        std::unique_ptr<Session> session;
        Moment opened{}, used{};
        bool busy = false;
    };

    Expected<Slot*> take();
    Expected<Slot*> take_new(std::unique_lock<std::mutex>& lock);
    void give_back(Slot* slot);
    void note_failure(const Error& error);
    bool fresh(const Slot& slot) const;
    void pace();

    Open open_;
    ClientLimits limits_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::list<Slot> slots_;
    int allowed_;
    Duration back_off_{};
    Moment not_before_{}, next_command_{};
    std::optional<Error> last_failure_;
};

} // namespace tutti::epp
