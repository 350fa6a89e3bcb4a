#!/usr/bin/perl
# Net::EPP of Debian as a client of the test registry: net_epp.pl PORT FOLDER_OF_CERTIFICATES DOMAIN. Login, info, update with secDNS in
# its own words, poll, logout. One line for each thing that is not as it should be; exit status 1 if there is any.
use strict;
use warnings;
use Net::EPP::Simple;
use Net::EPP::Frame;

my ($port, $folder, $domain) = @ARGV;
my $sec   = 'urn:ietf:params:xml:ns:secDNS-1.1';
my $wrong = 0;

sub check {
	my ($what, $good) = @_;
	return if $good;
	print "$what: code " . ($Net::EPP::Simple::Code // '-') . " $Net::EPP::Simple::Error\n";
	$wrong = 1;
}

sub code {
	my $response = shift;
	my $result = $response ? $response->getElementsByTagName('result')->shift : undef;
	return $result ? $result->getAttribute('code') : 0;
}

my %options = (
	host => '127.0.0.1', port => $port, user => 'ClientX', pass => 'hunter22', timeout => 20, reconnect => 0,
	load_config => 0, key => "$folder/client.key", cert => "$folder/client.pem", passphrase => '', verify => 1,
	ca_file => "$folder/ca.pem", ca_path => undef);
my $epp = Net::EPP::Simple->new(%options);
check('login', defined $epp);
exit 1 unless $epp;

check('the domain is taken', $epp->check_domain($domain) == 0);
check('another is free', $epp->check_domain("no-$domain") == 1);
my $info = $epp->domain_info($domain);
check('info', $info && $info->{name} eq $domain && $info->{clID} eq 'ClientX');

# The frame object of Net::EPP puts <add> before <rem>, which RFC 5910 does not allow: so the extension is built here.
sub update_sec {
	my ($inner) = @_;
	my $frame = Net::EPP::Frame::Command::Update::Domain->new;
	$frame->setDomain($domain);
	my $command = $frame->getElementsByTagName('command')->shift;
	for my $part (qw(add rem chg)) {
		my $empty = $frame->$part;
		$empty->parentNode->removeChild($empty) if $empty;
	}
	my $piece = XML::LibXML->new->parse_balanced_chunk(
		"<extension xmlns=\"urn:ietf:params:xml:ns:epp-1.0\"><secDNS:update xmlns:secDNS=\"$sec\">$inner</secDNS:update></extension>");
	$command->insertBefore($piece->firstChild, $frame->clTRID);
	return $epp->request($frame);
}

sub ds { return '<secDNS:dsData><secDNS:keyTag>' . shift() . '</secDNS:keyTag><secDNS:alg>13</secDNS:alg>'
	. '<secDNS:digestType>2</secDNS:digestType><secDNS:digest>' . ('AB' x 32) . '</secDNS:digest></secDNS:dsData>' }

my $response = update_sec('<secDNS:add>' . ds(11) . ds(12) . '</secDNS:add>');
check('add', code($response) == 1000);
$info = $epp->domain_info($domain);
check('both are there', $info && $info->{DS} && @{$info->{DS}} == 2);
check('add again', code(update_sec('<secDNS:add>' . ds(11) . '</secDNS:add>')) == 2302);
check('replace', code(update_sec('<secDNS:rem>' . ds(11) . '</secDNS:rem><secDNS:add>' . ds(13) . '</secDNS:add>')) == 1000);
check('the wrong order', code(update_sec('<secDNS:add>' . ds(14) . '</secDNS:add><secDNS:rem>' . ds(12) . '</secDNS:rem>')) == 2001);
check('remove all', code(update_sec('<secDNS:rem><secDNS:all>true</secDNS:all></secDNS:rem>')) == 1000);
$info = $epp->domain_info($domain);
check('none is left', $info && !@{$info->{DS} || []});

# One message waits (made by the test): a change by the staff.
my $poll = $epp->request(Net::EPP::Frame::Command::Poll::Req->new);
check('poll', code($poll) == 1301);
my $queue = $poll->getElementsByTagName('msgQ')->shift;
my $ack = Net::EPP::Frame::Command::Poll::Ack->new;
$ack->setMsgID($queue->getAttribute('id'));
check('ack', code($epp->request($ack)) == 1000);
check('empty', code($epp->request(Net::EPP::Frame::Command::Poll::Req->new)) == 1300);
check('hello', $epp->ping);
check('logout', $epp->logout);

my $stranger = Net::EPP::Simple->new(%options, pass => 'wrongpass');
check('a wrong password is refused', !defined $stranger && ($Net::EPP::Simple::Code // 0) == 2200);
exit $wrong;
