#include "port/registry.hpp"

namespace tutti::port {

const char* to_string(Submission::State state) {
    switch (state) {
    case Submission::State::done:
        return "done";
    case Submission::State::already:
        return "already";
    case Submission::State::pending:
        return "pending";
    case Submission::State::held:
        return "held";
    }
    return "?";
}

} // namespace tutti::port
