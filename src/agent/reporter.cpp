#include "agent/reporter.hpp"

#include "os/process.hpp"

#include <fmt/format.h>

namespace tutti::agent {

namespace {

constexpr std::size_t kMaxWaiting = 10'000, kMaxChannels = 100'000;
constexpr Duration kCommand = std::chrono::seconds{30};

} // namespace

Reporter::Reporter(Ports ports, const Settings& settings)
    : ports_(std::move(ports)), settings_(settings), thread_([this](const std::stop_token& stop) { serve(stop); }) {}

Reporter::~Reporter() {
    thread_.request_stop();
    some_.notify_all();
}

void Reporter::tell(const Occasion& occasion) {
    const std::scoped_lock lock{mutex_};
    if (waiting_.size() >= kMaxWaiting) return; // the log has it, and the condition comes again
    waiting_.push_back(occasion);
    some_.notify_one();
}

void Reporter::channel(const dns::Name& child, const dns::Name& agent) {
    const std::scoped_lock lock{mutex_};
    if (channels_.size() >= kMaxChannels) channels_.clear();
    channels_.insert_or_assign(child.wire(), agent);
}

void Reporter::serve(const std::stop_token& stop) {
    for (;;) {
        std::unique_lock lock{mutex_};
        some_.wait(lock, stop, [&] { return !waiting_.empty(); });
        if (waiting_.empty()) return;
        const Occasion o = waiting_.front();
        waiting_.pop_front();
        const bool ending = stop.stop_requested();
        lock.unlock();
        if (ending && o.kind == Occasion::Kind::trouble) continue; // comes again
        handle(o);
    }
}

void Reporter::handle(const Occasion& o) {
    using Kind = Occasion::Kind;
    switch (o.kind) {
    case Kind::trouble:
        return trouble(o);
    case Kind::over:
        for (const char* audience : {"child", "registrant", "operator", "webhook"})
            if (const auto ok = ports_.store.set_told(o.child, audience, std::nullopt); !ok)
                ports_.say(true, ok.error().text());
        return;
    case Kind::automated:
    case Kind::removed:
    case Kind::manual:
        mail_child(o);
        registrant(o);
        return webhook(o);
    case Kind::changed:
        return webhook(o);
    case Kind::registry:
    case Kind::behind:
        if (!ripe(o, "operator")) return;
        if (!settings_.reports.operator_mail.empty()) mail(o, settings_.reports.operator_mail);
        return webhook(o);
    }
}

// First the machine-readable way that the child's operator asked for himself; a mail only without it (RFC 10026).
void Reporter::trouble(const Occasion& o) {
    if (!report_by_dns(o) && ripe(o, "child")) mail_child(o);
    if (ripe(o, "registrant", settings_.reports.registrant_after)) registrant(o);
    if (ripe(o, "webhook")) webhook(o);
}

// Kept before it is sent: whatever happens then, nobody hears of it twice.
bool Reporter::ripe(const Occasion& o, const std::string& audience, Duration first_after) {
    const auto before = ports_.store.told(o.child, audience);
    if (!before) {
        ports_.say(true, before.error().text());
        return false;
    }
    const auto now = due(*before, o.condition, ports_.clock.now(), first_after);
    if (const auto ok = ports_.store.set_told(o.child, audience, now.told); !ok) {
        ports_.say(true, ok.error().text());
        return false;
    }
    return now.tell;
}

bool Reporter::report_by_dns(const Occasion& o) {
    std::optional<dns::Name> agent;
    {
        const std::scoped_lock lock{mutex_};
        const auto found = channels_.find(o.child.wire());
        if (found == channels_.end()) return false;
        agent = found->second;
        channels_.erase(found); // one report for each NOTIFY
    }
    if (!settings_.reports.dns || !o.ede || ports_.resolver == nullptr || !may_report_to(*agent, o.ns)) return false;
    const auto name = report_name(o.child, o.qtype, *o.ede, *agent);
    if (!name) return false;
    // What it answers does not matter (RFC 9567 6.1.2): that it was asked is the report.
    (void)ports_.resolver->resolve({*name, dns::Type::TXT});
    sent(o, "error report to " + agent->text());
    return true;
}

void Reporter::mail_child(const Occasion& o) {
    if (settings_.reports.mail_command.empty() || ports_.resolver == nullptr) return;
    const auto answer = ports_.resolver->resolve({o.child, dns::Type::SOA});
    if (!answer || answer->records.empty()) return;
    const auto soa = dns::parse_soa(answer->records.front().rdata);
    const auto to = soa ? mailbox(soa->rname) : std::nullopt;
    if (to) mail(o, *to);
}

void Reporter::mail(const Occasion& o, const std::string& to) {
    if (settings_.reports.mail_command.empty()) return;
    run(settings_.reports.mail_command, alert::text_of(mail_for(o, settings_.reports.mail_from, to, settings_.zone)),
        o);
    sent(o, "mail to " + to);
}

void Reporter::registrant(const Occasion& o) {
    if (settings_.reports.registrant_command.empty()) return;
    run(settings_.reports.registrant_command, json_for(o, settings_.zone), o);
    sent(o, "the registrant's command");
}

void Reporter::webhook(const Occasion& o) {
    const auto& url = settings_.reports.webhook;
    if (url.empty()) return;
    const auto& ref = settings_.reports.webhook_secret;
    const auto secret = ref ? ports_.secrets.read(*ref) : Expected<std::string>("");
    const auto sent =
        secret ? alert::taken(
                     ports_.http.send(alert::post(url, json_for(o, settings_.zone), *secret, ports_.clock.now())), url)
               : std::unexpected(secret.error());
    if (!sent)
        ports_.say(true,
                   fmt::format("the webhook did not take a message of {}: {}", o.child.text(), sent.error().text()));
}

void Reporter::run(const std::string& command, const std::string& input, const Occasion& o) {
    const auto done = os::feed_command(command, input, kCommand);
    if (!done) ports_.say(true, fmt::format("{}: {}", o.child.text(), done.error().text()));
}

void Reporter::sent(const Occasion& o, const std::string& how) {
    const Instant now = ports_.clock.now();
    const auto ok = ports_.store.note(
        {0, now, now, 1, o.child, "report", fmt::format("{}: {}", how, to_string(o.kind)), "", "report " + how});
    if (!ok) ports_.say(true, ok.error().text());
}

} // namespace tutti::agent
