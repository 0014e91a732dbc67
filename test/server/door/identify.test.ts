import { expect, test } from '@jest/globals';
import { nameInCertificate } from '../../../src/server/door/identify.ts';

test.each([
  ['a URI', 'DNS:host, URI:spiffe://test/a', 'host'],
  ['the first of several', 'URI:spiffe://test/a, DNS:host', 'spiffe://test/a'],
  ['mail that spells a DNS name', 'email:DNS:victim', 'common'],
  ['mail before a name', 'email:DNS:victim, DNS:own', 'own'],
  ['quoted mail with a comma', 'email:"a, DNS:victim", URI:spiffe://test/own', 'spiffe://test/own'],
  ['a quoted name', 'DNS:"own, DNS:victim"', 'common'],
  ['other kinds', 'IP Address:127.0.0.1, Registered ID:1.2.3.4', 'common'],
  ['none', undefined, 'common'],
])('the name in a certificate with %s', (_what, alternatives, name) => {
  expect(nameInCertificate(alternatives, 'common ')).toBe(name);
});
