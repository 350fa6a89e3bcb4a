// Who is asked, who answers, and when that is enough.
#include "accept/test_world.hpp"

namespace tutti::accept {
namespace {

using namespace testing;

} // namespace
} // namespace tutti::accept
