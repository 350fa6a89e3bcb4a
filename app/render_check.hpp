#pragma once
// What `tutti check` found, as JSON and as text.
#include "app/text.hpp"
#include "audit/judge.hpp"

namespace tutti::app {

Json check_json(const audit::View& view, const audit::Report& report);
void render_check(Page& page, const Json& answer);

} // namespace tutti::app
