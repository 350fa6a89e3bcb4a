#include "serve/outbox.hpp"

#include "model/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <charconv>

namespace tutti::serve {

namespace json = boost::json;

namespace {

constexpr std::size_t kBatch = 500;

std::string text_at(const json::object& o, std::string_view name) {
    const auto* v = o.if_contains(name);
    return v != nullptr && v->is_string() ? std::string(v->get_string()) : std::string();
}

} // namespace

std::optional<Notice> notice_of(const port::ZoneEvent& e) {
    const bool raised = e.event.kind == "alarm";
    if (!raised && e.event.kind != "cleared") return std::nullopt;
    const auto detail = model::parse_json(e.event.detail);
    if (!detail || !detail->is_object()) return std::nullopt;
    const auto& o = detail->get_object();
    return Notice{e.event.id,
                  e.event.at,
                  raised,
                  e.zone,
                  text_at(o, "code"),
                  text_at(o, "who"),
                  text_at(o, "what"),
                  text_at(o, "since"),
                  e.event.text,
                  text_at(o, "remedy")};
}

std::string json_of(const Notice& n) {
    return model::utf8(serialize(json::object{{"id", n.id},
                                              {"kind", n.raised ? "alarm" : "cleared"},
                                              {"at", to_rfc3339(n.at)},
                                              {"zone", n.zone.text()},
                                              {"code", n.code},
                                              {"who", n.who},
                                              {"what", n.what},
                                              {"since", n.since},
                                              {"text", n.text},
                                              {"remedy", n.remedy}}));
}

alert::Mail mail_of(const Notice& n, const std::string& from, const std::string& to) {
    const auto subject = fmt::format("{}: {}{}", n.zone.text(), n.code, n.raised ? "" : " is over");
    const auto body =
        fmt::format("{}\n\nZone: {}\nCode: {}{}{}\nSince: {}\nTime: {}\n\n`tutti explain {}` tells more.\n", n.text,
                    n.zone.text(), n.code, n.who.empty() ? "" : "\nWho: " + n.who,
                    n.what.empty() ? "" : "\nWhat: " + n.what, n.since, to_rfc3339(n.at), n.zone.text());
    return {from, to, subject, body};
}

struct Outbox::Line {
    Channel channel;
    std::int64_t done = 0; // the last event that was dealt with
    Metrics::Channel state;
    std::jthread thread;
};

Outbox::Outbox(Ports ports, std::vector<Channel> channels, std::int64_t newest, Duration unit)
    : ports_(std::move(ports)), unit_(unit) {
    const auto stored = ports_.store.configs("outbox");
    const auto kept = stored ? *stored : std::vector<std::pair<std::string, std::string>>{};
    for (auto& c : channels) {
        auto line = std::make_unique<Line>();
        line->channel = std::move(c);
        line->done = newest;
        for (const auto& [name, text] : kept)
            if (name == line->channel.name) std::from_chars(text.data(), text.data() + text.size(), line->done);
        keep(*line);
        lines_.push_back(std::move(line));
    }
    for (auto& line : lines_)
        line->thread = std::jthread([this, l = line.get()](const std::stop_token& stop) { run(*l, stop); });
}

Outbox::~Outbox() {
    for (auto& line : lines_) line->thread.request_stop();
    news_.notify_all();
    lines_.clear();
}

void Outbox::poke() {
    {
        const std::lock_guard guard(mutex_);
        ++poked_;
    }
    news_.notify_all();
}

void Outbox::keep(const Line& line) {
    if (const auto ok = ports_.store.put_config("outbox", line.channel.name, std::to_string(line.done)); !ok)
        ports_.say(ok.error().text());
    ports_.metrics.channel(line.channel.name, line.state);
}

void Outbox::run(Line& line, const std::stop_token& stop) {
    for (std::uint64_t seen = 0; !stop.stop_requested();) {
        {
            std::unique_lock lock(mutex_);
            if (!news_.wait(lock, stop, [&] { return poked_ != seen; })) return;
            seen = poked_;
        }
        for (;;) {
            const auto some = ports_.store.all_events(line.done, kBatch);
            if (!some || some->empty()) break;
            std::vector<Notice> notices;
            for (const auto& e : *some)
                if (auto n = notice_of(e)) notices.push_back(*std::move(n));
            line.state.waiting = notices.size();
            for (const auto& n : notices) {
                ports_.metrics.channel(line.channel.name, line.state);
                if (!deliver(line, n, stop)) return;
                --line.state.waiting;
                line.done = n.id;
                keep(line);
            }
            line.done = some->back().event.id;
            keep(line);
        }
    }
}

// False: it is to end, and the message stays.
bool Outbox::deliver(Line& line, const Notice& notice, const std::stop_token& stop) {
    for (int failures = 0;;) {
        const auto ok = line.channel.send(notice);
        if (ok) {
            ++line.state.sent;
            return true;
        }
        ++failures;
        ++line.state.failed;
        if (give_up(notice, ok.error(), failures)) {
            ++line.state.dropped;
            ports_.say(fmt::format("{}: gave up a message of {}: {}", line.channel.name, notice.zone.text(),
                                   ok.error().text()));
            return true;
        }
        if (failures == 1)
            ports_.say(fmt::format("{}: a message of {} was not delivered, and is tried again: {}", line.channel.name,
                                   notice.zone.text(), ok.error().text()));
        ports_.metrics.channel(line.channel.name, line.state);
        std::unique_lock lock(mutex_);
        const auto pause = alert::backoff(failures).count() / 1'000'000 * unit_;
        news_.wait_for(lock, stop, pause, [] { return false; });
        if (stop.stop_requested()) return false;
    }
}

bool Outbox::give_up(const Notice& notice, const Error& error, int failures) const {
    const bool refused =
        error.kind == ErrorKind::refused || error.kind == ErrorKind::invalid || error.kind == ErrorKind::auth;
    return (refused && failures >= kTriesRefused) || ports_.clock.now() - notice.at > kGiveUp;
}

} // namespace tutti::serve
