#pragma once
// port::Secrets: from files, the environment, or the output of a command. Nothing is kept.
#include "base/time.hpp"
#include "port/secret.hpp"

namespace tutti::net {

class SecretReader : public port::Secrets {
  public:
    explicit SecretReader(Duration command_deadline = seconds(10)) : command_deadline_(command_deadline) {}
    Expected<std::string> read(const port::SecretRef& ref) override;

  private:
    Duration command_deadline_;
};

} // namespace tutti::net
