// tutti scan: what the children of a zone publish for their parent, judged. Changes nothing.
#include "app/scan_desk.hpp"
#include "app/scan_input.hpp"
#include "app/show.hpp"
#include "app/system_clock.hpp"
#include "net/resolver.hpp"

#include <fmt/format.h>

#include <csignal>
#include <filesystem>

namespace tutti::app {

namespace {

struct Options {
    ScanInput input;
    std::string policy = "strict", resolver, trust_anchor, state, waits = "1s,2s,3s", retry_after = "2s";
    std::vector<std::string> settings, allow, sources;
    double per_second = 50, total_per_second = 0;
    std::uint32_t in_flight = 50, total_in_flight = 256;
    std::uint16_t port = 53;
    int retries = 2, verifiers = 0;
    bool no_lookup = false, every_address = false, in_full = false, tcp = false, evidence = false, quiet = false;
};

constexpr const char* kRootKey = "/usr/share/dns/root.key"; // of Debian's dns-root-data

volatile std::sig_atomic_t interrupted = 0; // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void interrupt(int) {
    interrupted = 1;
}

Expected<std::unique_ptr<port::Resolver>> resolver_of(const Options& o) {
    if (o.no_lookup) return nullptr;
    net::ResolverOptions how;
    if (!o.resolver.empty()) {
        const auto server = port::parse_endpoint(o.resolver);
        if (!server) return std::unexpected(server.error());
        how.forward.push_back(*server);
    }
    how.trust_anchor_file = o.trust_anchor;
    if (o.trust_anchor.empty() && std::filesystem::exists(kRootKey)) how.trust_anchor_file = kRootKey;
    return net::make_resolver(how);
}

Expected<accept::Policy> policy_of(const Options& o) {
    auto policy = accept::policy_by_name(o.policy);
    if (!policy) return policy;
    for (const auto& setting : o.settings)
        if (auto ok = accept::set(*policy, setting); !ok) return std::unexpected(ok.error());
    for (const auto& text : split_list(o.allow)) {
        auto network = accept::parse_network(text);
        if (!network) return std::unexpected(network.error());
        policy->allow_addresses.push_back(*network);
    }
    return policy;
}

Expected<scan::ScanOptions> scan_options(const Options& o) {
    scan::ScanOptions out;
    auto policy = policy_of(o);
    if (!policy) return std::unexpected(policy.error());
    out.policy = *std::move(policy);
    out.port = o.port;
    out.every_address = o.every_address;
    out.tcp = o.tcp;
    out.verifiers = o.verifiers;
    out.retries = o.retries;
    const auto after = parse_duration(o.retry_after);
    if (!after) return std::unexpected(after.error());
    out.retry_after = *after;
    out.asker.waits.clear();
    for (const auto& text : split_list({o.waits})) {
        const auto wait = parse_duration(text);
        if (!wait) return std::unexpected(wait.error());
        out.asker.waits.push_back(*wait);
    }
    if (out.asker.waits.empty()) return fail(ErrorKind::invalid, "--waits names no time", {}, "e.g. --waits 1s,2s,3s");
    if (const auto sources = split_list(o.sources); !sources.empty()) out.asker.sources = sources;
    out.asker.politeness.per_second = o.per_second;
    out.asker.politeness.in_flight = o.in_flight;
    out.asker.politeness.total_per_second = o.total_per_second;
    out.asker.politeness.total_in_flight = o.total_in_flight;
    return out;
}

// What must be alike for a state file to be gone on with.
std::string fingerprint(const Options& o, const accept::Policy& policy) {
    return fmt::format("{}\n{}\n{}\n{}", to_string(o.input), o.policy, fmt::join(o.settings, "\n"), policy.name);
}

Expected<int> scan_all(const Options& o, const Cli& cli) {
    const auto options = scan_options(o);
    if (!options) return std::unexpected(options.error());
    const auto resolver = resolver_of(o);
    if (!resolver) return std::unexpected(resolver.error());
    SystemClock clock;
    scan::Delegations delegations;
    if (auto ok = read_input(o.input, resolver->get(), clock, delegations); !ok) return std::unexpected(ok.error());
    std::optional<scan::StateFile> state;
    if (!o.state.empty()) {
        auto opened = scan::StateFile::open(o.state, fingerprint(o, options->policy));
        if (!opened) return std::unexpected(opened.error());
        state.emplace(std::move(*opened));
    }
    ScanDesk desk(delegations, state ? &*state : nullptr, {cli.json(), o.evidence, o.in_full, o.quiet || !cli.json()});
    auto scanner = scan::Scanner::open(delegations, desk, resolver->get(), clock, *options);
    if (!scanner) return std::unexpected(scanner.error());
    struct sigaction act{};
    act.sa_handler = interrupt;
    sigaction(SIGINT, &act, nullptr);
    sigaction(SIGTERM, &act, nullptr);
    (*scanner)->run([&] {
        desk.each_round();
        if (interrupted != 0 || desk.failed()) (*scanner)->stop();
    });
    const auto counts = (*scanner)->counts();
    scanner->reset(); // what is being judged still reports
    if (auto ok = desk.finish(interrupted == 0); !ok) return std::unexpected(ok.error());
    desk.summary(counts);
    return interrupted == 0 ? kOk : kFailed;
}

int scan_command(const Options& o, const Cli& cli) {
    const auto code = scan_all(o, cli);
    return code ? *code : show_refusal({code.error(), to_string(code.error().kind), nullptr}, cli.json());
}

void add_input(CLI::App& c, Options& o) {
    c.add_option("name", o.input.names, "Children, as their parent delegates them");
    c.add_option("--zone", o.input.zone, "The parent zone, of --file and --transfer");
    auto* from = c.add_option_group("from");
    from->add_option("--file", o.input.file, "All children in this zone file (-: standard input)");
    from->add_option("--transfer", o.input.transfer, "All children, by AXFR of the zone from ADDR or ADDR:PORT");
    from->add_option("--list", o.input.list,
                     "All children in this list: lines \"child NS host [address ...]\" and \"child DS ...\"");
    from->require_option(0, 1);
    c.add_option("--tsig-name", o.input.tsig_name, "Name of the TSIG key of the transfer");
    c.add_option("--tsig-algorithm", o.input.tsig_algorithm, "hmac-sha256, hmac-sha384 or hmac-sha512")
        ->capture_default_str();
    c.add_option("--tsig-secret", o.input.tsig_secret, "Where the secret is: file:PATH, env:NAME or command:LINE");
    c.add_option("--parent-server", o.input.parent_servers, "ADDR: ask it for the delegations of the names given");
    c.add_option("--resolver", o.resolver, "Resolver to find servers with (ADDR or ADDR:PORT); default: the system's");
    c.add_option("--trust-anchor", o.trust_anchor,
                 fmt::format("File with the root's key; default: {}, if it is there", kRootKey));
    c.add_flag("--no-lookup", o.no_lookup, "Ask no resolver: only the addresses in the input");
}

void add_manners(CLI::App& c, Options& o) {
    c.add_option("--port", o.port, "Port of the servers")->capture_default_str();
    c.add_option("--allow-address", o.allow, "CIDR: contact these, too, although they are private or reserved (labs)");
    c.add_option("--source", o.sources, "ADDR: ask from there; with several, they must all see the same");
    c.add_option("--per-address", o.per_second, "Questions a second to one address; 0: no limit")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    c.add_option("--in-flight", o.in_flight, "Questions without an answer yet at one address; 0: no limit")
        ->capture_default_str();
    c.add_option("--rate", o.total_per_second, "Questions a second, all together; 0: no limit")
        ->check(CLI::Range(0.0, 1e7))
        ->capture_default_str();
    c.add_option("--window", o.total_in_flight, "Questions without an answer yet, all together")
        ->check(CLI::Range(1, 16384))
        ->capture_default_str();
    c.add_option("--waits", o.waits, "How long for an answer over UDP, one try each")->capture_default_str();
    c.add_option("--retries", o.retries, "How often to look again at a child whose servers fail")
        ->check(CLI::Range(0, 20))
        ->capture_default_str();
    c.add_option("--retry-after", o.retry_after, "How long after; doubled each time")->capture_default_str();
    c.add_flag("--tcp", o.tcp, "Everything over TCP");
}

} // namespace

void add_scan(CLI::App& root, Cli& cli) {
    auto o = std::make_shared<Options>();
    auto* c =
        root.add_subcommand("scan", "Reads CDS, CDNSKEY and CSYNC of the children of a zone, judges, changes nothing");
    add_input(*c, *o);
    c->add_option("--policy", o->policy, "What the parent allows: strict, ch, cz, se")->capture_default_str();
    c->add_option("--set", o->settings, "KEY=VALUE: a setting of the policy, e.g. max_ds=4");
    add_manners(*c, *o);
    c->add_flag("--every-address", o->every_address, "Do not end at the first answer that nothing would change");
    c->add_flag("--in-full", o->in_full, "Look at everything of every child");
    c->add_option("--verifiers", o->verifiers, "Threads that verify; 0: one for each core but one")
        ->check(CLI::Range(0, 1024));
    c->add_option("--state", o->state, "File that keeps what is finished: after a crash the scan goes on from there");
    c->add_flag("--evidence", o->evidence, "With -o json: also what each server said");
    c->add_flag("--quiet", o->quiet, "With -o json: no lines for children that stay as they are");
    add_common(*c, cli, false);
    c->callback([o, &cli] {
        const bool all = !o->input.file.empty() || !o->input.transfer.empty() || !o->input.list.empty();
        if (all != o->input.names.empty())
            throw CLI::ValidationError("scan", "give names, or one of --file, --transfer and --list");
        cli.run = [o, &cli] { return scan_command(*o, cli); };
    });
}

} // namespace tutti::app
