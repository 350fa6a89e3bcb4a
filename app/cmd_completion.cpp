// tutti completion bash|zsh|fish: generated from the parser, so that it cannot be wrong.
#include "app/cli.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace tutti::app {

namespace {

struct Level {
    std::string path;               // "signer add"; empty: the program
    std::vector<std::string> words; // subcommands and options
    std::vector<std::pair<std::string, std::string>> described;
};

void walk(const CLI::App& app, const std::string& path, std::vector<Level>& out) {
    Level level{path, {}, {}};
    const auto add = [&](const std::string& word, const std::string& help) {
        level.words.push_back(word);
        level.described.emplace_back(word, help);
    };
    for (const auto* sub : app.get_subcommands({})) add(sub->get_name(), sub->get_description());
    for (const auto* option : app.get_options()) {
        for (const auto& name : option->get_lnames()) add("--" + name, option->get_description());
        for (const auto& name : option->get_snames()) add("-" + name, option->get_description());
    }
    out.push_back(std::move(level));
    for (const auto* sub : app.get_subcommands({}))
        walk(*sub, path.empty() ? sub->get_name() : path + ' ' + sub->get_name(), out);
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& w : words) out += (out.empty() ? "" : " ") + w;
    return out;
}

// The words before the cursor that are no options decide the level.
std::string bash(const std::vector<Level>& levels) {
    std::string out = "# tutti: bash completion. Use: source <(tutti completion bash)\n"
                      "_tutti() {\n"
                      "    local cur=${COMP_WORDS[COMP_CWORD]} path= word\n"
                      "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                      "        case \"$path $word\" in\n";
    for (const auto& l : levels)
        if (!l.path.empty())
            out +=
                fmt::format("            \"{}{}\") path=\"{}\" ;;\n", l.path.contains(' ') ? "" : " ", l.path, l.path);
    out += "        esac\n    done\n    case \"$path\" in\n";
    for (const auto& l : levels)
        out +=
            fmt::format("        \"{}\") COMPREPLY=($(compgen -W \"{}\" -- \"$cur\")) ;;\n", l.path, joined(l.words));
    return out + "    esac\n}\ncomplete -o default -F _tutti tutti\n";
}

std::string zsh(const std::vector<Level>& levels) {
    return "#compdef tutti\n# tutti: zsh completion. Use: source <(tutti completion zsh)\nautoload -U +X bashcompinit "
           "&& bashcompinit\n" +
           bash(levels);
}

std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("\\'") : std::string(1, c);
    return out + "'";
}

std::string fish(const std::vector<Level>& levels) {
    std::string out =
        "# tutti: fish completion. Use: tutti completion fish | source\n"
        "function __tutti_at\n"
        "    set -l words (commandline -opc)\n"
        "    set -e words[1]\n"
        "    set -l plain (string match -v -- '-*' $words)\n"
        "    test \"$plain[1..(count $argv)]\" = \"$argv\"; or test (count $argv) -eq 0 -a (count $plain) -eq 0\n"
        "end\n";
    for (const auto& l : levels)
        for (const auto& [word, help] : l.described) {
            const auto condition = "__tutti_at " + l.path;
            const auto flag = word.starts_with("--")  ? "-l " + word.substr(2)
                              : word.starts_with("-") ? "-s " + word.substr(1)
                                                      : "-f -a " + word;
            out += fmt::format("complete -c tutti -n {} {} -d {}\n", quoted(condition), flag, quoted(help));
        }
    return out;
}

} // namespace

void add_completion(CLI::App& root, Cli& cli) {
    auto shell = std::make_shared<std::string>();
    auto* c = root.add_subcommand("completion", "Completion for a shell: source <(tutti completion bash)");
    c->add_option("shell", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
    c->callback([shell, &cli] {
        cli.run = [shell, &cli] {
            std::vector<Level> levels;
            walk(*cli.root, "", levels);
            std::fputs((*shell == "bash"  ? bash(levels)
                        : *shell == "zsh" ? zsh(levels)
                                          : fish(levels))
                           .c_str(),
                       stdout);
            return kOk;
        };
    });
}

} // namespace tutti::app
