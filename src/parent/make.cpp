#include "parent/make.hpp"

#include "parent/cds.hpp"
#include "parent/direct.hpp"
#include "parent/epp.hpp"
#include "parent/exec.hpp"
#include "parent/manual.hpp"
#include "parent/rfc2136.hpp"
#include "parent/update_registry.hpp"

namespace tutti::parent {

Expected<std::shared_ptr<port::ParentDriver>> make(const port::ParentSettings& settings, Ports ports) {
    if (auto wrong = port::problems(settings); !wrong.empty()) return std::unexpected(std::move(wrong.front()));
    if (settings.driver == "rfc2136") return std::make_shared<Rfc2136>(settings, ports);
    if (settings.driver == "cds") return std::make_shared<Cds>(settings, ports);
    if (settings.driver == "manual") return std::make_shared<Manual>(settings, ports);
    auto registry = make_registry(settings, ports);
    if (!registry) return std::unexpected(std::move(registry.error()));
    return std::make_shared<Direct>(settings, ports, *std::move(registry));
}

Expected<std::shared_ptr<port::RegistryBackend>> make_registry(const port::ParentSettings& settings, Ports ports) {
    if (auto wrong = port::problems(settings); !wrong.empty()) return std::unexpected(std::move(wrong.front()));
    if (settings.driver == "rfc2136") return std::make_shared<UpdateRegistry>(settings, ports);
    if (settings.driver == "epp") return std::make_shared<EppRegistry>(settings, ports);
    if (settings.driver == "exec") return std::make_shared<ExecRegistry>(settings, seconds(60));
    if (settings.driver == "zonefile") return std::make_shared<FileRegistry>(settings, ports);
    return fail(ErrorKind::unsupported, '"' + settings.driver + "\" writes to no registry", settings.name,
                "use rfc2136, epp, exec or zonefile");
}

} // namespace tutti::parent
