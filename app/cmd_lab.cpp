// tutti lab: hands over to the lab's runner, which is Python and stands beside the program, not in it.
#include "app/show.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace tutti::app {

namespace {

namespace fs = std::filesystem;

// Debian's own, which sees Debian's modules.
constexpr const char* kPython = "/usr/bin/python3";

// $TUTTI_LAB; <prefix>/share/tutti/lab beside an installed <prefix>/bin/tutti; lab of the source that was built here.
fs::path runner(const fs::path& self) {
    if (const char* set = std::getenv("TUTTI_LAB"); set != nullptr && *set != '\0') return fs::path(set) / "lab.py";
    const auto folder = self.parent_path();
    std::error_code ignored;
    for (const auto& lab : {folder / "../share/tutti/lab", folder / "../../lab"})
        if (auto found = fs::weakly_canonical(lab / "lab.py", ignored); fs::exists(found, ignored)) return found;
    return {};
}

int hand_over(const Cli& cli, const std::vector<std::string>& words) {
    const auto refused = [&](const char* what, const std::string& where, const char* remedy) {
        return show_refusal({{ErrorKind::internal, what, where, remedy}, "lab", nullptr}, cli.json());
    };
    std::error_code ignored;
    const auto self = fs::read_symlink("/proc/self/exe", ignored);
    const auto script = runner(self);
    if (script.empty() || !fs::exists(script, ignored))
        return refused("the lab is not installed", script.empty() ? "this machine" : script.string(),
                       "it is part of the source: run ./dev lab there, or name its folder lab in TUTTI_LAB");
    std::vector<std::string> command{kPython, script.string(), words.front()};
    if (words.front() == "run") command.insert(command.end(), {"--tutti", self.string()});
    command.insert(command.end(), words.begin() + 1, words.end());
    std::vector<char*> argv;
    for (auto& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(kPython, argv.data());
    return refused(std::strerror(errno), kPython, "install the package python3");
}

} // namespace

void add_lab(CLI::App& root, Cli& cli) {
    auto* c = root.add_subcommand("lab", "The testbed: changes of signers on real servers (run, stats)");
    c->require_subcommand(1);
    for (const auto& [name, what] : std::array<std::pair<const char*, const char*>, 2>{
             {{"run", "Rounds for ever, or --rounds N; --help tells all options"}, {"stats", "What came of them"}}}) {
        auto* word = c->add_subcommand(name, what);
        word->prefix_command();
        word->set_help_flag();
        word->callback([word, name, &cli] {
            std::vector<std::string> words{name};
            for (const auto& more : word->remaining()) words.push_back(more);
            cli.run = [words, &cli] { return hand_over(cli, words); };
        });
    }
}

} // namespace tutti::app
