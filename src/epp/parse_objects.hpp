#pragma once
// What stands in <resData> and in <extension> of a response.
#include "epp/read.hpp"
#include "epp/values.hpp"

namespace tutti::epp {

// One child of <resData> of the mappings domain-1.0 and host-1.0; others are passed over.
void read_object(Reading& r, const Element& e, Response& out);
// One child of <extension>. secDNS and ttl belong to the domain that <resData> showed before.
void read_extension(Reading& r, const Element& e, Response& out);

} // namespace tutti::epp
