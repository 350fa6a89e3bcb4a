#include "epp/session.hpp"

#include "epp/namespaces.hpp"
#include "epp/parse.hpp"
#include "epp/reactions.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace tutti::epp {

namespace {

// Without the first nothing can be done; the others are used where they are offered.
constexpr std::string_view kWantedObjects[] = {kDomain, kHost};
constexpr std::string_view kWantedExtensions[] = {kSecDns, kTtl, kChangePoll};

std::vector<std::string> offered(const Greeting& greeting, std::span<const std::string_view> wanted) {
    std::vector<std::string> out;
    for (const auto uri : wanted)
        if (greeting.offers(uri)) out.emplace_back(uri);
    return out;
}

// A check before the server's: what is refused there may count as an attempt on the account.
Expected<void> check_credentials(const LoginSettings& s) {
    if (s.client.size() < 3 || s.client.size() > 16)
        return fail(ErrorKind::invalid,
                    fmt::format("the client identifier \"{}\" has not 3 to 16 characters", s.client));
    if (s.password.size() < 6 || s.password.size() > 16)
        return fail(ErrorKind::invalid, "the password has not 6 to 16 characters, as EPP wants it (RFC 5730 4)", {},
                    "check the secret; the extension loginSec for longer ones is not supported");
    return {};
}

} // namespace

TransactionIds::TransactionIds() {
    std::array<unsigned char, 8> random{};
    RAND_bytes(random.data(), static_cast<int>(random.size()));
    prefix_ = "TUTTI-";
    for (const auto octet : random) prefix_ += fmt::format("{:02x}", octet);
}

std::string TransactionIds::next() {
    return fmt::format("{}-{}", prefix_, ++count_);
}

Expected<std::unique_ptr<Session>> Session::open(std::unique_ptr<Transport> transport, const LoginSettings& settings,
                                                 FrameLog log) {
    if (auto good = check_credentials(settings); !good) return std::unexpected(std::move(good.error()));
    std::unique_ptr<Session> out{new Session{std::move(transport), settings, std::move(log)}};
    if (auto greeted = out->greet(); !greeted) return std::unexpected(std::move(greeted.error()));
    if (auto in = out->login(); !in) return std::unexpected(std::move(in.error()));
    return out;
}

bool Session::speaks(std::string_view uri) const {
    return std::ranges::find(objects_, uri) != objects_.end() ||
           std::ranges::find(extensions_, uri) != extensions_.end();
}

Expected<void> Session::send(const std::string& xml) {
    if (log_) log_(true, masked(xml));
    auto sent = transport_->send(xml, settings_.reply_limit);
    if (!sent) usable_ = false;
    return sent;
}

Expected<std::string> Session::receive() {
    auto frame = transport_->receive(settings_.reply_limit);
    if (!frame) usable_ = false;
    if (frame && log_) log_(false, masked(*frame));
    return frame;
}

Expected<void> Session::greet() {
    const auto xml = receive();
    if (!xml) return std::unexpected(xml.error());
    auto frame = parse_server_frame(*xml);
    if (frame) {
        if (auto* greeting = std::get_if<Greeting>(&*frame)) {
            greeting_ = std::move(*greeting);
            if (std::ranges::find(greeting_.versions, "1.0") == greeting_.versions.end())
                return fail(ErrorKind::unsupported, "the server does not speak EPP 1.0", greeting_.server);
            objects_ = offered(greeting_, kWantedObjects);
            extensions_ = offered(greeting_, kWantedExtensions);
            if (!greeting_.offers(kDomain))
                return fail(ErrorKind::unsupported, "the server has no domains (domain-1.0)", greeting_.server);
            return {};
        }
        // A server that is full may say so in place of a greeting.
        const auto& response = std::get<Response>(*frame);
        const auto& rule = rule_for(response);
        return fail(rule.kind, fmt::format("in place of a greeting: {}", response.text()), {},
                    std::string{rule.remedy});
    }
    usable_ = false;
    return std::unexpected(std::move(frame.error()));
}

Expected<void> Session::login() {
    const auto& languages = greeting_.languages;
    const bool has = std::ranges::find(languages, settings_.language) != languages.end();
    for (;;) {
        const auto reply = run(epp::login({.client = settings_.client,
                                           .password = settings_.password,
                                           .language = has ? settings_.language : languages.front(),
                                           .objects = objects_,
                                           .extensions = extensions_}));
        if (!reply) {
            Error error = reply.error();
            error.kind = ErrorKind::unreachable; // a login changes nothing
            return std::unexpected(std::move(error));
        }
        const auto& rule = rule_for(*reply);
        if (rule.reaction == Reaction::done) return {};
        // It offered an extension and does not take it: the last of them is the least needed.
        if (rule.reaction == Reaction::without_extension && extensions_.size() > 1 && usable()) {
            extensions_.pop_back();
            continue;
        }
        usable_ = false;
        const auto kind = rule.kind == ErrorKind::unknown_outcome ? ErrorKind::transient : rule.kind;
        return fail(kind, fmt::format("login as {}: {}", settings_.client, reply->text()), greeting_.server,
                    std::string{rule.remedy});
    }
}

// What was sent may have been acted on: from here on every failure is `unknown_outcome`.
Expected<Response> Session::exchange(const std::string& xml, const std::string& id) {
    if (auto sent = send(xml); !sent) return std::unexpected(std::move(sent.error()));
    const auto lost = [&](const std::string& why) {
        usable_ = false;
        return fail(ErrorKind::unknown_outcome, fmt::format("no reply to {} could be read: {}", id, why),
                    greeting_.server);
    };
    const auto answer = receive();
    if (!answer) return lost(answer.error().seen);
    auto frame = parse_server_frame(*answer);
    if (!frame) return lost(frame.error().seen);
    auto* response = std::get_if<Response>(&*frame);
    if (response == nullptr) return lost("the server sent a greeting");
    // Replies come in the order of the commands (RFC 5734 4): another identifier is a reply to something else. An error
    // may come without one, when the server could not read the command.
    const bool nameless = response->client_id.empty() && response->code() >= 2000;
    if (response->client_id != id && !nameless) return lost(fmt::format("the reply is to \"{}\"", response->client_id));
    if (rule_for(*response).closes) usable_ = false;
    return std::move(*response);
}

Expected<Response> Session::run(const Command& command) {
    if (!usable_) return fail(ErrorKind::unreachable, "the session is over", greeting_.server);
    const std::string id = ids_.next();
    const auto xml = compose(command, id);
    if (!xml) return std::unexpected(xml.error());
    return exchange(*xml, id);
}

Expected<void> Session::hello() {
    const auto xml = compose_hello();
    if (!xml) return std::unexpected(xml.error());
    if (auto sent = send(*xml); !sent) return sent;
    const auto answer = receive();
    if (!answer) return std::unexpected(answer.error());
    const auto frame = parse_server_frame(*answer);
    if (!frame || !std::holds_alternative<Greeting>(*frame)) {
        usable_ = false;
        return fail(ErrorKind::bad_answer, frame ? "hello was not answered by a greeting" : frame.error().seen,
                    greeting_.server);
    }
    return {};
}

void Session::logout() {
    if (!usable()) return;
    static_cast<void>(run(epp::logout()));
    usable_ = false;
}

} // namespace tutti::epp
