#include "app/check.hpp"

#include "app/show.hpp"

namespace tutti::app {

int check(const CheckOptions& options, const Cli& cli) {
    return show_refusal(
        {{ErrorKind::unsupported, "this build cannot check zones", options.zone, ""}, "unsupported", nullptr},
        cli.json());
}

} // namespace tutti::app
