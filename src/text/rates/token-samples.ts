/**
 * Texts in several scripts. A model's tokens per character are measured on them before it serves.
 */
export const tokenSamples: readonly string[] = [
  'The incumbent serves as the principal advisor to the director on all matters of personnel, budget and training, and ' +
    'is responsible for the planning, coordination and review of projects within the department. Experience must have ' +
    'been gained at a level of difficulty comparable to the next lower grade in the federal service.',
  'Demonstrates knowledge of methods and techniques for the collection and analysis of environmental data. Prepares ' +
    'written reports and presents findings to managers and the public. May be required to travel, to work outdoors in ' +
    'all weather, to lift up to 50 pounds and to stand or walk for long periods.',
  'We are a family business that bakes bread and cakes for hotels and schools. As a driver you load the van, follow ' +
    'your route, talk with customers and bring back empty boxes; you start at four in the morning and are home at noon.',
  'Must possess a valid driver license and pass a background investigation and a medical examination. Applicants who ' +
    'do not submit all of the required documents will be found ineligible and will receive no further consideration.',
  'Registered nurse for the surgical ward. You plan and provide care, give medication, keep records and work with ' +
    'physicians; one year of experience and a current licence are required. Applicants must be able to work nights.',
  'Responsibilities include budgeting, procurement, maintenance of equipment, and training of new employees. ' +
    'Qualifications: bachelor degree in engineering or 3-5 years of related experience; knowledge of safety regulations.',
  'Salary 62,107 to 97,480 per year (GS-11), reference 88213-A, apply by 2024-11-05 or call 555-0192, room 4411.',
  'NIGHT SHIFT WAREHOUSE ASSOCIATE WANTED IMMEDIATELY. COMPETITIVE PAY, PAID TRAINING, HEALTH INSURANCE.',
  '<div class="job-posting"><h2 style="color:#333">Cook</h2>\n<ul>\n  <li><p>Prepares meals &amp; desserts</p></li>\n' +
    '  <li><p>Cleans the kitchen</p></li>\n</ul>&nbsp;</div>',
  'export function total(values: readonly number[]): number {\n  let sum = 0;\n  for (const value of values) {\n' +
    '    sum += value;\n  }\n  return sum; // never NaN\n}\n' +
    'const names = rows.map(({ id, name }) => [id, name]);\n',
  'def read(path, limit=None):\n    """Yields lines."""\n    with open(path, encoding="utf-8") as file:\n' +
    '        for i, line in enumerate(file):\n            if limit is not None and i >= limit:\n                break\n',
  'Wir suchen für unser Büro in München eine Buchhalterin mit Erfahrung in Jahresabschlüssen. ' +
    'Infirmière diplômée d’État, expérimentée, pour les gardes de nuit à Genève. Enfermera para el turno de noche, ' +
    'con formación específica y dos años de experiencia.',
  'Требуется медицинская сестра для работы в ночную смену. نبحث عن ممرضة للعمل في نوبات ليلية.',
  'रात की पाली में मरीजों की देखभाल के लिए एक अनुभवी नर्स की आवश्यकता है। वेतन अनुभव के अनुसार दिया जाएगा।',
  '夜勤のある病院で看護師として働いていただける方を募集します。経験三年以上、給与は経験により決定します。',
  '我们正在招聘有经验的夜班护士，工作地点在上海。야간 근무가 가능한 간호사를 모집합니다.',
  '• “Night” shifts – 3 × 12 hours… → apply now ✓',
  'Ｎｉｇｈｔ ｓｈｉｆｔ ｎｕｒｓｅ ２４ｈ\u00a0in\u00a0a\u00a0clinic\u00a0near\u00a0you',
];
