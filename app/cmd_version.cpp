// tutti version
#include "app/show.hpp"

#include <cstdio>

namespace tutti::app {

void add_version(CLI::App& root, Cli& cli) {
    auto* c = root.add_subcommand("version", "The version of this program");
    add_common(*c, cli, false);
    c->callback([&cli] {
        cli.run = [&cli] {
            if (cli.json())
                std::fputs(pretty({{"version", kVersion}}).c_str(), stdout);
            else
                std::puts((std::string("tutti ") + kVersion).c_str());
            return kOk;
        };
    });
}

} // namespace tutti::app
