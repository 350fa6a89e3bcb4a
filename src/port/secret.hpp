#pragma once
// Port: secrets by reference. The reference is stored and shown; the secret is read when it is needed and not kept.
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace tutti::port {

struct SecretRef {
    enum class Kind { file, env, command } kind = Kind::file;
    std::string value;        // path, name of the variable, or command line (run by /bin/sh)
    std::string text() const; // "file:/etc/tutti/blue.secret"
    bool operator==(const SecretRef&) const = default;
};
// "file:PATH", "env:NAME", "command:LINE".
Expected<SecretRef> parse_secret_ref(std::string_view text);

class Secrets {
  public:
    virtual ~Secrets() = default;
    // Without trailing white space. Errors say what is wrong with the file, variable or command, never its content.
    virtual Expected<std::string> read(const SecretRef& ref) = 0;
};

} // namespace tutti::port
