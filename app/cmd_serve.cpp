// tutti serve: the daemon, until SIGTERM or SIGINT.
#include "app/daemon.hpp"
#include "app/show.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <ctime>

namespace tutti::app {

namespace {

void set_up_log(const std::string& level) {
    auto log = spdlog::stderr_logger_mt("tutti");
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    spdlog::set_default_logger(log);
    spdlog::set_level(spdlog::level::from_str(level));
}

int fail_with(const Error& error, bool json) {
    return show_refusal({error, to_string(error.kind), nullptr}, json);
}

// Blocked in all threads, taken here one by one.
sigset_t signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
    return set;
}

// Until a signal says to end. Meanwhile, while something keeps the daemon from its work, tries again each second.
void run_until_signal(Daemon& daemon, const sigset_t& set) {
    std::string trouble = daemon.go(), told;
    for (;;) {
        if (trouble != told) {
            if (trouble.empty())
                spdlog::info("the clock is right again: going on");
            else
                spdlog::error("nothing is done: {}", trouble);
            told = trouble;
        }
        const timespec second{1, 0};
        const int signal = trouble.empty() ? ::sigwaitinfo(&set, nullptr) : ::sigtimedwait(&set, nullptr, &second);
        if (signal == SIGTERM || signal == SIGINT) {
            spdlog::info("ending ({})", signal == SIGTERM ? "SIGTERM" : "SIGINT");
            return;
        }
        if (signal == SIGHUP) spdlog::warn("SIGHUP does nothing: restart to read the configuration again");
        if (!trouble.empty()) trouble = daemon.go();
    }
}

int serve(const std::string& file, bool check_only, bool json) {
    auto config = load_config(file);
    if (!config) return fail_with(config.error(), json);
    if (check_only) return kOk;
    set_up_log(config->daemon.log);
    const auto set = signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    auto daemon = Daemon::make(*config);
    if (!daemon) return fail_with(daemon.error(), json);
    spdlog::info("tutti {} serves at {}", kVersion, config->daemon.socket);
    for (const auto& at : config->api.listen)
        spdlog::info("and at {}://{}", config->api.certificate.empty() ? "http" : "https", at.text());
    run_until_signal(**daemon, set);
    return kOk;
}

} // namespace

void add_serve(CLI::App& root, Cli& cli) {
    auto file = std::make_shared<std::string>("/etc/tutti/tutti.toml");
    auto check_only = std::make_shared<bool>(false);
    auto* c = root.add_subcommand("serve", "Run the daemon that looks after zones");
    c->add_option("--config", *file, "The configuration file")->capture_default_str();
    c->add_flag("--check-config", *check_only, "Only say what is wrong with the configuration file");
    add_common(*c, cli, false);
    c->callback([=, &cli] { cli.run = [=, &cli] { return serve(*file, *check_only, cli.json()); }; });
}

} // namespace tutti::app
