#include "signer/make.hpp"

#include "signer/powerdns.hpp"
#include "signer/rfc2136.hpp"

namespace tutti::signer {

Expected<std::shared_ptr<port::SignerDriver>> make(const port::SignerSettings& settings, Ports ports) {
    if (auto wrong = port::problems(settings); !wrong.empty()) return std::unexpected(std::move(wrong.front()));
    if (settings.driver == "powerdns") return std::make_shared<Powerdns>(settings, ports);
    return std::make_shared<Rfc2136>(settings, ports);
}

} // namespace tutti::signer
