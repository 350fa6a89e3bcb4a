#include "app/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tutti::app {

namespace {

namespace fs = std::filesystem;

class Reader {
  public:
    Reader(std::string folder, std::vector<ConfigError>& errors) : folder_(std::move(folder)), errors_(errors) {}

    Config read(const toml::table& table) {
        Config out;
        Section file(table, "", {1, 1}, errors_);
        if (auto s = file.section("daemon")) daemon(*s, out.daemon);
        if (auto s = file.section("api")) out.api = read_api(*s, lend_paths());
        if (auto s = file.section("approval")) out.approval = read_approval(*s);
        if (auto s = file.section("page")) out.page = read_page(*s, lend_paths());
        if (auto s = file.section("policy")) policy(*s, out.policy);
        const auto lent_secret = [this](Section& s, std::string_view key) { return secret(s, key); };
        if (auto s = file.section("alerts")) out.alerts = read_alerts(*s, lent_secret);
        each(file, "signer", [&](Section s, const std::string& name) { out.signers.push_back(signer(s, name)); });
        each(file, "parent", [&](Section s, const std::string& name) { out.parents.push_back(parent(s, name)); });
        const AgentReading lent{lend_paths(), [this](Section& s) { return tsig(s); }, lent_secret};
        if (auto s = file.section("parent-agent")) out.agent = read_agent(*s, lent);
        file.finish();
        return out;
    }

  private:
    std::function<std::string(const std::string&)> lend_paths() {
        return [this](const std::string& path) { return absolute(path); };
    }

    template <class Each>
    void each(Section& file, std::string_view kind, Each use) {
        auto all = file.section(kind);
        if (!all) return;
        for (const auto& name : all->keys())
            if (auto one = all->section(name)) use(*one, name);
    }

    void daemon(Section& s, Config::Daemon& d) {
        if (s.text("socket", d.socket)) d.socket = absolute(d.socket);
        if (s.text("database", d.database)) d.database = absolute(d.database);
        endpoints(s, "notify", d.notify);
        endpoint(s, "resolver", d.resolver);
        path(s, "trust_anchor", d.trust_anchor);
        s.word("log", {"trace", "debug", "info", "warning", "error"}, d.log);
        std::int64_t workers = d.workers;
        if (s.number("workers", 1, 256, workers)) d.workers = static_cast<int>(workers);
        s.flag("accept_clock", d.accept_clock);
        s.finish();
    }

    void policy(Section& s, model::Policy& p) {
        std::vector<std::uint8_t> digests;
        s.numbers("digest_types", "a list of digest types: 2 (SHA-256), 4 (SHA-384)",
                  [&](std::int64_t v) -> Expected<void> {
                      if (v != 2 && v != 4)
                          return fail(ErrorKind::invalid, fmt::format("digest type {} is not allowed", v), "",
                                      "use 2 (SHA-256), 4 (SHA-384), or both");
                      if (std::ranges::find(digests, v) == digests.end())
                          digests.push_back(static_cast<std::uint8_t>(v));
                      return {};
                  });
        if (!digests.empty()) p.digest_types = digests;
        s.duration("margin", p.margin);
        s.flag("strict_algorithms", p.strict_algorithms);
        s.flag("drop_unknown_ds", p.drop_unknown_ds);
        s.flag("trust_past", p.trust_past);
        ttl(s, "past_ttl", p.past_ttl);
        ttl(s, "data_ttl_max", p.data_ttl_max);
        ttl(s, "ds_ttl", p.ds_ttl);
        ttl(s, "ns_ttl", p.ns_ttl);
        s.duration("patience", p.patience);
        s.finish();
    }

    port::SignerSettings signer(Section& s, const std::string& name) {
        port::SignerSettings out;
        out.name = name;
        s.require("driver", "driver = \"rfc2136\"");
        s.text("driver", out.driver);
        endpoints(s, "servers", out.servers);
        endpoint(s, "update", out.update);
        names(s, "ns", out.ns);
        out.tsig = tsig(s);
        names(s, "signal_zones", out.signal_zones);
        s.flag("transfer", out.transfer);
        s.text("url", out.url);
        out.api_key = secret(s, "api_key");
        s.text("server_id", out.server_id);
        if (auto q = s.section("quirks")) quirks(*q, out.quirks);
        conclude(s, port::problems(out));
        return out;
    }

    port::ParentSettings parent(Section& s, const std::string& name) {
        port::ParentSettings out;
        out.name = name;
        s.require("driver", "driver = \"cds\"");
        s.text("driver", out.driver);
        s.parsed("zone", [&](const std::string& text) { return take(dns::Name::parse(text), out.zone); });
        endpoints(s, "servers", out.servers);
        endpoint(s, "update", out.update);
        out.tsig = tsig(s);
        s.flag("reads_cds", out.reads_cds);
        if (auto e = s.section("epp")) out.epp = epp(*e);
        s.text("command", out.command);
        path(s, "directory", out.directory);
        conclude(s, port::problems(out));
        return out;
    }

    // Problems of the whole that no single setting shows; those already reported are left out.
    void conclude(Section& s, const std::vector<Error>& problems) {
        s.finish();
        for (const auto& p : problems) {
            const auto field = s.path() + '.' + p.where + ": ";
            const bool told =
                std::ranges::any_of(errors_, [&](const ConfigError& e) { return e.text.starts_with(field); });
            const bool no_driver = p.where == "driver" && p.seen == "there is no driver";
            if (!told && !no_driver) s.fault(p.where, p.seen + "; " + p.remedy);
        }
    }

    void quirks(Section& s, port::QuirkOverrides& q) {
        std::string software;
        if (s.word("software", {"bind", "knot", "powerdns"}, software)) q.software = software;
        const auto flag = [&](std::string_view key, std::optional<bool>& out) {
            bool value = false;
            if (s.flag(key, value)) out = value;
        };
        flag("foreign_dnskey", q.foreign_dnskey);
        flag("foreign_sep", q.foreign_sep);
        flag("cds", q.cds);
        flag("csync", q.csync);
        flag("apex_ns", q.apex_ns);
        flag("publishes_own_cds", q.publishes_own_cds);
        dns::Ttl fixed = 0;
        if (ttl(s, "dnskey_ttl_fixed", fixed)) q.dnskey_ttl_fixed = fixed;
        s.finish();
    }

    port::EppSettings epp(Section& s) {
        port::EppSettings out;
        s.text("server", out.server);
        s.text("server_name", out.server_name);
        s.text("client", out.client);
        s.require("password", "password = { file = \"/etc/tutti/epp.password\" }");
        if (auto found = secret(s, "password")) out.password = *found;
        path(s, "ca", out.ca);
        path(s, "certificate", out.certificate);
        out.key = secret(s, "key");
        s.word("interface", {"ds", "key"}, out.interface);
        const auto count = [&](std::string_view key, std::int64_t least, std::int64_t most, std::uint32_t& to) {
            std::int64_t value = 0;
            if (s.number(key, least, most, value)) to = static_cast<std::uint32_t>(value);
        };
        count("sessions", 1, 100, out.sessions);
        count("per_minute", 0, 60000, out.per_minute);
        count("max_sig_life", 0, 0x7fffffff, out.max_sig_life);
        s.flag("urgent", out.urgent);
        path(s, "frame_log", out.frame_log);
        s.finish();
        return out;
    }

    void path(Section& s, std::string_view key, std::string& out) {
        std::string value;
        if (s.text(key, value)) out = value.empty() ? value : absolute(value);
    }

    std::optional<port::TsigSettings> tsig(Section& s) {
        auto t = s.section("tsig");
        if (!t) return std::nullopt;
        port::TsigSettings out{dns::Name::root(), "hmac-sha256", {}};
        t->require("name", "name = \"ctl.\"");
        t->parsed("name", [&](const std::string& text) -> Expected<void> {
            auto name = dns::Name::parse(text);
            if (!name) return std::unexpected(name.error());
            out.name = *name;
            return {};
        });
        t->word("algorithm", {std::begin(port::kTsigAlgorithms), std::end(port::kTsigAlgorithms)}, out.algorithm);
        t->require("secret", "secret = { file = \"/etc/tutti/blue.secret\" }");
        if (auto found = secret(*t, "secret")) out.secret = *found;
        t->finish();
        return out;
    }

    std::optional<port::SecretRef> secret(Section& s, std::string_view key) {
        auto t = s.section(key, R"(where it is: { file = "PATH" }, { env = "NAME" } or { command = "LINE" })");
        if (!t) return std::nullopt;
        std::optional<port::SecretRef> out;
        int given = 0;
        const auto kind = [&](std::string_view name, port::SecretRef::Kind k) {
            std::string value;
            if (!t->text(name, value)) return;
            ++given;
            if (value.empty()) t->fault(name, "is empty; name where the secret is");
            out = port::SecretRef{k, k == port::SecretRef::Kind::file ? absolute(value) : value};
        };
        kind("file", port::SecretRef::Kind::file);
        kind("env", port::SecretRef::Kind::env);
        kind("command", port::SecretRef::Kind::command);
        t->finish();
        if (given != 1) t->fault("", "exactly one of file, env, command says where the secret is");
        // Present in any case, so that "missing" is not reported as well.
        return out.value_or(port::SecretRef{});
    }

    bool ttl(Section& s, std::string_view key, dns::Ttl& out) {
        std::int64_t value = 0;
        if (!s.number(key, 0, 604800, value)) return false;
        out = static_cast<dns::Ttl>(value);
        return true;
    }

    template <class T, class Out>
    static Expected<void> take(Expected<T> from, Out& to) {
        if (!from) return std::unexpected(from.error());
        to = *std::move(from);
        return {};
    }
    void endpoint(Section& s, std::string_view key, std::optional<port::Endpoint>& out) {
        s.parsed(key, [&](const std::string& text) { return take(port::parse_endpoint(text), out); });
    }
    void endpoints(Section& s, std::string_view key, std::vector<port::Endpoint>& out) {
        s.texts(key, [&](const std::string& text) -> Expected<void> {
            auto one = port::parse_endpoint(text);
            if (!one) return std::unexpected(one.error());
            out.push_back(*std::move(one));
            return {};
        });
    }
    void names(Section& s, std::string_view key, std::vector<dns::Name>& out) {
        s.texts(key, [&](const std::string& text) -> Expected<void> {
            auto name = dns::Name::parse(text);
            if (!name) return std::unexpected(name.error());
            out.push_back(*std::move(name));
            return {};
        });
    }
    std::string absolute(const std::string& path) const {
        return fs::path(path).is_absolute() ? path : (fs::path(folder_) / path).lexically_normal().string();
    }

    std::string folder_;
    std::vector<ConfigError>& errors_;
};

} // namespace

std::expected<Config, std::vector<ConfigError>> parse_config(std::string_view text, const std::string& folder) {
    std::vector<ConfigError> errors;
    try {
        const toml::table table = toml::parse(text);
        Config out = Reader(folder, errors).read(table);
        if (errors.empty()) return out;
    } catch (const toml::parse_error& e) {
        const auto at = e.source().begin;
        errors.push_back({at.line, at.column, "not TOML: " + std::string(e.description())});
    }
    std::ranges::stable_sort(errors, {}, [](const ConfigError& e) { return std::pair(e.line, e.column); });
    return std::unexpected(std::move(errors));
}

Expected<Config> load_config(const std::string& file) {
    std::ifstream in(file);
    if (!in)
        return fail(ErrorKind::not_found, "cannot read the configuration file", file, "name it with --config FILE");
    std::ostringstream text;
    text << in.rdbuf();
    auto out = parse_config(text.str(), fs::absolute(file).parent_path().string());
    if (out) return *std::move(out);
    std::string lines;
    for (const auto& e : out.error())
        lines += fmt::format("{}{}:{}:{}: {}", lines.empty() ? "" : "\n", file, e.line, e.column, e.text);
    return fail(ErrorKind::invalid, lines);
}

} // namespace tutti::app
