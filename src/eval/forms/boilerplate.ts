/**
 * Paragraphs of 60 to 90 words that employers put before or after a posting, and that say nothing
 * about the job. For measuring only: no model may be trained on them.
 */
export const boilerplate: readonly string[] = [
  'We welcome everyone who can do the work. Decisions about hiring, pay and promotion rest on skill ' +
    'and conduct alone, never on age, colour, disability, family status, gender, marital status, ' +
    'national origin, pregnancy, race, religion, sexual orientation, veteran status or any other ' +
    'trait that the law protects. If you need an adjustment at any stage, such as more time for a ' +
    'test or an interpreter, tell the person who invites you and we will arrange it without delay.',
  'Founded by two friends in a rented garage, our group now has more than four thousand people at ' +
    'sixty sites in nine countries. Customers know us for keeping promises, and colleagues stay with ' +
    'us for eleven years on average. We invest a tenth of our profit in schools and clinics near our ' +
    'sites, we publish what we emit, and we were named among the best places to work in our region ' +
    'three times in the last five years.',
  'To apply, send us a current resume and a short letter through the careers page; applications by ' +
    'post or on paper are not returned. Name the reference number of the posting, the earliest day ' +
    'on which you can start, and what you expect to earn. You will hear from us within ten working ' +
    'days. Successful applicants are invited to a first call of half an hour, and then to meet the ' +
    'team on site. Recruitment agencies are asked not to contact us.',
  'Employment depends on proof of identity and of the right to work, on references that we are ' +
    'allowed to contact, and, where the law permits it, on a background check and a drug screening ' +
    'before the first day. We never ask for money, bank details or gift cards during recruitment, ' +
    'and our staff write only from the company domain. Please report messages that look different ' +
    'to the security desk, and do not open the attachments that come with them.',
  'Our people share in what they build. Depending on location and hours, the package can include ' +
    'medical, dental and vision cover from the first day, a retirement plan with a matching ' +
    'contribution, paid leave that grows with service, parental leave, a yearly bonus, tuition ' +
    'support, discounts at partner shops, and a wellness allowance. Details differ between sites and ' +
    'may change; the plan documents alone are binding. Ask the benefits desk for the summary that ' +
    'applies to you.',
  'This description names the main features of the role and is not a full list of what may be ' +
    'asked; duties may be added or changed at any time with reasonable notice. Nothing in it is a ' +
    'contract or a promise of employment for a fixed time. The physical and mental demands described ' +
    'are those that an employee must usually meet, with or without accommodation. By sending your ' +
    'data you accept our privacy notice, and we delete it after twelve months unless you ask us to ' +
    'keep it longer.',
];
