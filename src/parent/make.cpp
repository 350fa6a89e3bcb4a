#include "parent/make.hpp"

#include "parent/cds.hpp"
#include "parent/manual.hpp"
#include "parent/rfc2136.hpp"

namespace tutti::parent {

Expected<std::shared_ptr<port::ParentDriver>> make(const port::ParentSettings& settings, Ports ports) {
    if (auto wrong = port::problems(settings); !wrong.empty()) return std::unexpected(std::move(wrong.front()));
    if (settings.driver == "rfc2136") return std::make_shared<Rfc2136>(settings, ports);
    if (settings.driver == "cds") return std::make_shared<Cds>(settings, ports);
    return std::make_shared<Manual>(settings, ports);
}

} // namespace tutti::parent
