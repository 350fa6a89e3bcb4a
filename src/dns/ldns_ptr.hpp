#pragma once
// Owners of ldns objects. Only .cpp files include this: no ldns type appears in an interface.
#include "dns/record.hpp"

#include <ldns/ldns.h>
// Its C headers define these words as macros, which breaks every C++ header after them.
#undef bool
#undef true
#undef false

#include <cstdlib>
#include <memory>

namespace tutti::dns {

template <auto Free>
struct LdnsFree {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};

using LdnsRr = std::unique_ptr<ldns_rr, LdnsFree<ldns_rr_free>>;
using LdnsRrList = std::unique_ptr<ldns_rr_list, LdnsFree<ldns_rr_list_deep_free>>;
using LdnsRdf = std::unique_ptr<ldns_rdf, LdnsFree<ldns_rdf_deep_free>>;
using LdnsBuffer = std::unique_ptr<ldns_buffer, LdnsFree<ldns_buffer_free>>;
using LdnsText = std::unique_ptr<char, LdnsFree<std::free>>;

// The library's record of this type and RDATA, without an owner; null if the RDATA does not fit the type.
LdnsRr to_ldns(Type type, const Rdata& rdata);

} // namespace tutti::dns
