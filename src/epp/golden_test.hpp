#pragma once
// Frames of a server in the form of the RFCs' examples, with data of our own.
#include <string>

namespace tutti::epp::testing {

inline std::string frame(const std::string& body) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<epp "
           "xmlns=\"urn:ietf:params:xml:ns:epp-1.0\">\n" +
           body + "\n</epp>\n";
}

inline std::string trid(const std::string& client = "ABC-1") {
    return "<trID><clTRID>" + client + "</clTRID><svTRID>REG-7</svTRID></trID>";
}

inline std::string simple(int code, const std::string& message, const std::string& client = "ABC-1") {
    return frame("<response><result code=\"" + std::to_string(code) + "\"><msg>" + message + "</msg></result>" +
                 trid(client) + "</response>");
}

// RFC 5730 2.4.
inline const std::string kGreeting = frame(R"(<greeting>
  <svID>Registry of lab</svID><svDate>2026-11-24T10:00:00.0Z</svDate>
  <svcMenu>
    <version>1.0</version><lang>en</lang><lang>fr</lang>
    <objURI>urn:ietf:params:xml:ns:domain-1.0</objURI><objURI>urn:ietf:params:xml:ns:host-1.0</objURI>
    <svcExtension><extURI>urn:ietf:params:xml:ns:secDNS-1.1</extURI>
      <extURI>urn:ietf:params:xml:ns:epp:ttl-1.0</extURI><extURI>http://custom.example/ext-9</extURI></svcExtension>
  </svcMenu>
  <dcp><access><all/></access>
    <statement><purpose><admin/><prov/></purpose><recipient><ours/><public/></recipient>
      <retention><stated/></retention></statement></dcp>
</greeting>)");

// RFC 5730 2.6: an error with values.
inline const std::string kError = frame(R"(<response>
  <result code="2004"><msg>Parameter value range error</msg>
    <value xmlns:obj="urn:ietf:params:xml:ns:domain-1.0"><obj:period>99</obj:period></value>
    <extValue><value xmlns:obj="urn:ietf:params:xml:ns:domain-1.0"><obj:name>child.lab</obj:name></value>
      <reason>Too long for this zone.</reason></extValue>
  </result>)" + trid() + "</response>");

// RFC 5731 3.1.2 with RFC 5910 5.1.2 (DS interface, one record with its key) and RFC 9803.
inline const std::string kDomainInfo = frame(R"(<response>
  <result code="1000"><msg>Command completed successfully</msg></result>
  <resData><domain:infData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">
    <domain:name>child.lab</domain:name><domain:roid>CHILD1-LAB</domain:roid>
    <domain:status s="ok"/><domain:status s="clientTransferProhibited">asked for</domain:status>
    <domain:registrant>jd1234</domain:registrant><domain:contact type="admin">sh8013</domain:contact>
    <domain:ns><domain:hostObj>ns1.child.lab</domain:hostObj><domain:hostObj>NS2.Example</domain:hostObj></domain:ns>
    <domain:host>ns1.child.lab</domain:host>
    <domain:clID>ClientX</domain:clID><domain:crID>ClientY</domain:crID>
    <domain:crDate>2026-04-03T22:00:00.0Z</domain:crDate><domain:upDate>2026-11-01T22:00:00.0Z</domain:upDate>
    <domain:authInfo><domain:pw>2fooBAR</domain:pw></domain:authInfo>
  </domain:infData></resData>
  <extension>
    <secDNS:infData xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.1">
      <secDNS:maxSigLife>604800</secDNS:maxSigLife>
      <secDNS:dsData><secDNS:keyTag>12345</secDNS:keyTag><secDNS:alg>13</secDNS:alg>
        <secDNS:digestType>2</secDNS:digestType><secDNS:digest>49FD46E6C4B45C55D4AC</secDNS:digest></secDNS:dsData>
      <secDNS:dsData><secDNS:keyTag>5</secDNS:keyTag><secDNS:alg>3</secDNS:alg>
        <secDNS:digestType>1</secDNS:digestType><secDNS:digest>49fd46</secDNS:digest>
        <secDNS:keyData><secDNS:flags>257</secDNS:flags><secDNS:protocol>3</secDNS:protocol><secDNS:alg>1</secDNS:alg>
          <secDNS:pubKey>AQPJ
            ////4Q==</secDNS:pubKey></secDNS:keyData></secDNS:dsData>
    </secDNS:infData>
    <ttl:infData xmlns:ttl="urn:ietf:params:xml:ns:epp:ttl-1.0">
      <ttl:ttl for="NS" min="60" default="86400" max="172800">3600</ttl:ttl>
      <ttl:ttl for="DS" min="60" default="86400" max="172800"/>
    </ttl:infData>
  </extension>)" + trid() + "</response>");

// RFC 5731 with host attributes; RFC 5910 key interface.
inline const std::string kAttributesInfo = frame(R"(<response>
  <result code="1000"><msg>Command completed successfully</msg></result>
  <resData><domain:infData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">
    <domain:name>child.lab</domain:name><domain:roid>CHILD1-LAB</domain:roid>
    <domain:ns><domain:hostAttr><domain:hostName>ns1.child.lab</domain:hostName>
      <domain:hostAddr>192.0.2.2</domain:hostAddr><domain:hostAddr ip="v6">2001:db8::1</domain:hostAddr></domain:hostAttr>
      <domain:hostAttr><domain:hostName>ns2.example</domain:hostName></domain:hostAttr></domain:ns>
    <domain:clID>ClientX</domain:clID>
  </domain:infData></resData>
  <extension><secDNS:infData xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.1">
    <secDNS:keyData><secDNS:flags>257</secDNS:flags><secDNS:protocol>3</secDNS:protocol><secDNS:alg>13</secDNS:alg>
      <secDNS:pubKey>AQPJ</secDNS:pubKey></secDNS:keyData></secDNS:infData></extension>)" +
                                                 trid() + "</response>");

// RFC 5732 3.1.2 and 3.1.1.
inline const std::string kHostInfo = frame(R"(<response>
  <result code="1000"><msg>Command completed successfully</msg></result>
  <resData><host:infData xmlns:host="urn:ietf:params:xml:ns:host-1.0">
    <host:name>ns1.child.lab</host:name><host:roid>NS1_CHILD-LAB</host:roid><host:status s="linked"/>
    <host:addr ip="v4">192.0.2.2</host:addr><host:addr ip="v6">2001:db8::1</host:addr>
    <host:clID>ClientY</host:clID><host:crID>ClientX</host:crID><host:crDate>2026-04-03T22:00:00.0Z</host:crDate>
  </host:infData></resData>)" + trid() + "</response>");
inline const std::string kHostCheck = frame(R"(<response>
  <result code="1000"><msg>Command completed successfully</msg></result>
  <resData><host:chkData xmlns:host="urn:ietf:params:xml:ns:host-1.0">
    <host:cd><host:name avail="1">ns1.child.lab</host:name></host:cd>
    <host:cd><host:name avail="0">ns2.example</host:name><host:reason>In use</host:reason></host:cd>
  </host:chkData></resData>)" + trid() + "</response>");

// RFC 5730 2.9.2.3 with RFC 5731 3.3: what became of a pending command.
inline const std::string kPending = frame(R"(<response>
  <result code="1301"><msg>Command completed successfully; ack to dequeue</msg></result>
  <msgQ count="5" id="12345"><qDate>2026-06-08T22:00:00.0Z</qDate><msg>Pending action completed.</msg></msgQ>
  <resData><domain:panData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">
    <domain:name paResult="1">child.lab</domain:name>
    <domain:paTRID><clTRID>TUTTI-1</clTRID><svTRID>REG-3</svTRID></domain:paTRID>
    <domain:paDate>2026-06-08T22:00:00.0Z</domain:paDate>
  </domain:panData></resData>)" + trid() + "</response>");

// RFC 8590 3.1.2.
inline const std::string kChange = frame(R"(<response>
  <result code="1301"><msg lang="en-US">Command completed successfully; ack to dequeue</msg></result>
  <msgQ count="1" id="201"><qDate>2026-10-22T14:25:57.0Z</qDate><msg>Registry initiated update of domain.</msg></msgQ>
  <resData><domain:infData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0">
    <domain:name>child.lab</domain:name><domain:roid>CHILD1-LAB</domain:roid>
    <domain:status s="serverUpdateProhibited"/><domain:clID>ClientX</domain:clID>
  </domain:infData></resData>
  <extension><changePoll:changeData xmlns:changePoll="urn:ietf:params:xml:ns:changePoll-1.0" state="after">
    <changePoll:operation>update</changePoll:operation><changePoll:date>2026-10-22T14:25:57.0Z</changePoll:date>
    <changePoll:svTRID>REG-12</changePoll:svTRID><changePoll:who>desk</changePoll:who>
    <changePoll:caseId type="udrp">u-1</changePoll:caseId>
    <changePoll:reason lang="en">locked on request</changePoll:reason>
  </changePoll:changeData></extension>)" +
                                         trid() + "</response>");

} // namespace tutti::epp::testing
