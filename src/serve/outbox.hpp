#pragma once
// Alarms on their way to people and programs. The events in the store are the outbox: for each channel it is kept which
// one was delivered last, so that nothing is lost by a restart, and at most the last one comes twice.
#include "alert/message.hpp"
#include "port/clock.hpp"
#include "port/store.hpp"
#include "serve/metrics.hpp"

#include <condition_variable>
#include <thread>

namespace tutti::serve {

// An alarm that was raised or cleared.
struct Notice {
    std::int64_t id = 0;
    Instant at{};
    bool raised = true;
    dns::Name zone;
    std::string code, who, what, since, text, remedy;
};
// Nothing: the event is no such thing.
std::optional<Notice> notice_of(const port::ZoneEvent& event);
std::string json_of(const Notice& notice);
alert::Mail mail_of(const Notice& notice, const std::string& from, const std::string& to);

class Outbox {
  public:
    struct Channel {
        std::string name; // "webhook", "mail"
        // Errors of kind refused, invalid or auth: it will hardly be taken later.
        std::function<Expected<void>(const Notice&)> send;
    };
    struct Ports {
        port::Store& store;
        port::Clock& clock;
        Metrics& metrics;
        std::function<void(const std::string&)> say; // for the log
    };
    static constexpr Duration kGiveUp = std::chrono::days(3);
    static constexpr int kTriesRefused = 5;

    // A channel that is new begins with what comes after `newest`. `unit`: of the waits between attempts.
    Outbox(Ports ports, std::vector<Channel> channels, std::int64_t newest, Duration unit = seconds(1));
    ~Outbox();
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    // Something was saved. From any thread.
    void poke();

  private:
    struct Line; // one channel at work
    void run(Line& line, const std::stop_token& stop);
    bool deliver(Line& line, const Notice& notice, const std::stop_token& stop);
    bool give_up(const Notice& notice, const Error& error, int failures) const;
    void keep(const Line& line);

    Ports ports_;
    Duration unit_;
    std::mutex mutex_;
    std::condition_variable_any news_;
    std::uint64_t poked_ = 1;
    std::vector<std::unique_ptr<Line>> lines_;
};

} // namespace tutti::serve
