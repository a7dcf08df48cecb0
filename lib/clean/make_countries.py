#!/usr/bin/env python3
"""Write countries.c: the codes and names of countries, and what else they are called.

A line below is alpha-2, alpha-3, the common English short name, then other names in common use:
official names, short forms, older names of the same country, its name at home. Codes are those of
ISO 3166-1; XK and XKX are user-assigned codes in wide use. Names are public facts, gathered by
hand; forms that the matching of country.c finds by itself (case, accents, punctuation, `The`,
`Korea, South`, `Republic of ...`, `St.`, `&`) are left out.

    python3 make_countries.py > countries.c
"""
import unicodedata

FACTS = """
AD|AND|Andorra|Principality of Andorra
AE|ARE|United Arab Emirates|UAE|Emirates|Arab Emirates
AF|AFG|Afghanistan|Islamic Emirate of Afghanistan
AG|ATG|Antigua and Barbuda|Antigua
AI|AIA|Anguilla
AL|ALB|Albania|Shqiperia
AM|ARM|Armenia|Hayastan
AO|AGO|Angola
AQ|ATA|Antarctica
AR|ARG|Argentina|Argentine Republic|Argentine
AS|ASM|American Samoa
AT|AUT|Austria|Osterreich|Oesterreich
AU|AUS|Australia|Commonwealth of Australia
AW|ABW|Aruba
AX|ALA|Åland Islands|Aland|Ahvenanmaa
AZ|AZE|Azerbaijan|Azerbaidjan
BA|BIH|Bosnia and Herzegovina|Bosnia|Bosna i Hercegovina|BiH
BB|BRB|Barbados
BD|BGD|Bangladesh|People's Republic of Bangladesh
BE|BEL|Belgium|Belgique|Belgie|Belgien
BF|BFA|Burkina Faso|Burkina|Upper Volta
BG|BGR|Bulgaria
BH|BHR|Bahrain
BI|BDI|Burundi
BJ|BEN|Benin|Dahomey
BL|BLM|Saint Barthélemy|St Barts
BM|BMU|Bermuda
BN|BRN|Brunei|Brunei Darussalam|Nation of Brunei, the Abode of Peace
BO|BOL|Bolivia|Plurinational State of Bolivia
BQ|BES|Caribbean Netherlands|Bonaire, Sint Eustatius and Saba|Bonaire, St. Eustatius and Saba|Bonaire
BR|BRA|Brazil|Brasil|Federative Republic of Brazil
BS|BHS|Bahamas|Commonwealth of the Bahamas|Bahama Islands
BT|BTN|Bhutan
BV|BVT|Bouvet Island
BW|BWA|Botswana
BY|BLR|Belarus|Byelorussia|White Russia
BZ|BLZ|Belize|British Honduras
CA|CAN|Canada
CC|CCK|Cocos (Keeling) Islands|Cocos Islands|Keeling Islands
CD|COD|Democratic Republic of the Congo|DR Congo|DRC|Congo-Kinshasa|Congo DR|Congo, The Democratic Republic of the|Congo, Dem. Rep.|Dem. Rep. Congo|Democratic Congo|Zaire|Belgian Congo|DROC
CF|CAF|Central African Republic|CAR|Central Africa|Centrafrique
CG|COG|Republic of the Congo|Congo|Congo-Brazzaville|Congo, Rep.|Republic of Congo|Middle Congo
CH|CHE|Switzerland|Swiss Confederation|Schweiz|Suisse|Svizzera
CI|CIV|Côte d'Ivoire|Ivory Coast|Cote dIvoire|Cote d Ivoire
CK|COK|Cook Islands
CL|CHL|Chile
CM|CMR|Cameroon|Cameroun
CN|CHN|China|People's Republic of China|PRC|Mainland China|China PR|PR China|Red China
CO|COL|Colombia|Columbia
CR|CRI|Costa Rica
CU|CUB|Cuba
CV|CPV|Cape Verde|Cabo Verde|Cape Verde Islands
CW|CUW|Curaçao
CX|CXR|Christmas Island
CY|CYP|Cyprus
CZ|CZE|Czechia|Czech Republic|Czech|Cesko|Ceska republika
DE|DEU|Germany|Federal Republic of Germany|Deutschland|FRG|Bundesrepublik Deutschland|GER
DJ|DJI|Djibouti|French Somaliland
DK|DNK|Denmark|Danmark
DM|DMA|Dominica|Commonwealth of Dominica
DO|DOM|Dominican Republic|Republica Dominicana
DZ|DZA|Algeria|People's Democratic Republic of Algeria|Algerie
EC|ECU|Ecuador
EE|EST|Estonia|Eesti
EG|EGY|Egypt|Arab Republic of Egypt
EH|ESH|Western Sahara|Sahrawi|Sahrawi Arab Democratic Republic|Spanish Sahara
ER|ERI|Eritrea
ES|ESP|Spain|Espana
ET|ETH|Ethiopia|Federal Democratic Republic of Ethiopia|Abyssinia
FI|FIN|Finland|Suomi
FJ|FJI|Fiji|Fiji Islands
FK|FLK|Falkland Islands|Falkland Islands (Malvinas)|Falkland Islands (Islas Malvinas)|Falklands|Malvinas|Islas Malvinas
FM|FSM|Micronesia|Federated States of Micronesia|Micronesia, Fed. Sts.
FO|FRO|Faroe Islands|Faroes|Faeroe Islands|Faeroes
FR|FRA|France|French Republic|Republique francaise|Metropolitan France
GA|GAB|Gabon|Gabonese Republic
GB|GBR|United Kingdom|UK|United Kingdom of Great Britain and Northern Ireland|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|UK of Great Britain and Northern Ireland|Great Britain and Northern Ireland|England UK|Scotland UK|Wales UK
GD|GRD|Grenada
GE|GEO|Georgia|Sakartvelo
GF|GUF|French Guiana|French Guyana|Guyane
GG|GGY|Guernsey|Bailiwick of Guernsey
GH|GHA|Ghana|Gold Coast
GI|GIB|Gibraltar
GL|GRL|Greenland|Kalaallit Nunaat
GM|GMB|Gambia
GN|GIN|Guinea|Guinea-Conakry|French Guinea
GP|GLP|Guadeloupe
GQ|GNQ|Equatorial Guinea|Guinea Ecuatorial|Spanish Guinea
GR|GRC|Greece|Hellenic Republic|Hellas|EL|Ellada
GS|SGS|South Georgia and the South Sandwich Islands|South Georgia and South Sandwich Islands|South Georgia|South Georgia and South Sandwich
GT|GTM|Guatemala
GU|GUM|Guam
GW|GNB|Guinea-Bissau|Portuguese Guinea
GY|GUY|Guyana|Co-operative Republic of Guyana|British Guiana
HK|HKG|Hong Kong|Hongkong|Hong Kong SAR|Hong Kong S.A.R.|Hong Kong SAR China|Hong Kong SAR, China|Hong Kong, China|China, Hong Kong SAR|China, Hong Kong Special Administrative Region|Hong Kong Special Administrative Region of China
HM|HMD|Heard Island and McDonald Islands|Heard and McDonald Islands|Heard Islands
HN|HND|Honduras
HR|HRV|Croatia|Hrvatska
HT|HTI|Haiti
HU|HUN|Hungary|Magyarorszag
ID|IDN|Indonesia|Netherlands East Indies|Dutch East Indies
IE|IRL|Ireland|Eire|Irish Republic|Southern Ireland|ROI
IL|ISR|Israel
IM|IMN|Isle of Man|Man, Isle of
IN|IND|India|Bharat
IO|IOT|British Indian Ocean Territory|Chagos Islands|Chagos Archipelago|Diego Garcia
IQ|IRQ|Iraq
IR|IRN|Iran|Islamic Republic of Iran|Persia|IR Iran
IS|ISL|Iceland
IT|ITA|Italy|Italia|Italian Republic
JE|JEY|Jersey|Bailiwick of Jersey
JM|JAM|Jamaica
JO|JOR|Jordan|Hashemite Kingdom of Jordan|Transjordan
JP|JPN|Japan|Nippon|Nihon
KE|KEN|Kenya
KG|KGZ|Kyrgyzstan|Kyrgyz Republic|Kirghizia|Kirgizstan|Kirghizstan
KH|KHM|Cambodia|Kampuchea|Khmer Republic
KI|KIR|Kiribati|Gilbert Islands
KM|COM|Comoros|Union of the Comoros|Comoro Islands
KN|KNA|Saint Kitts and Nevis|St. Christopher and Nevis|Saint Kitts|Saint Christopher-Nevis
KP|PRK|North Korea|Democratic People's Republic of Korea|DPRK|Korea, Democratic People's Republic of|Korea, Dem. People's Rep.|Korea DPR|DPR Korea|N. Korea|Korea, Dem. Rep.|Democratic People Republic of Korea|Dem. People's Republic of Korea
KR|KOR|South Korea|Republic of Korea|ROK|Korea, Republic of|Korea, Rep.|S. Korea|Hanguk
KW|KWT|Kuwait
KY|CYM|Cayman Islands|Caymans|Cayman
KZ|KAZ|Kazakhstan|Kazakstan
LA|LAO|Laos|Lao People's Democratic Republic|Lao PDR|Lao
LB|LBN|Lebanon|Lebanese Republic|Liban
LC|LCA|Saint Lucia
LI|LIE|Liechtenstein
LK|LKA|Sri Lanka|Ceylon|Democratic Socialist Republic of Sri Lanka
LR|LBR|Liberia
LS|LSO|Lesotho|Basutoland
LT|LTU|Lithuania|Lietuva
LU|LUX|Luxembourg|Luxemburg|Grand Duchy of Luxembourg
LV|LVA|Latvia|Latvija
LY|LBY|Libya|Libyan Arab Jamahiriya|State of Libya|Socialist People's Libyan Arab Jamahiriya
MA|MAR|Morocco|Maroc
MC|MCO|Monaco
MD|MDA|Moldova|Republic of Moldova|Moldavia
ME|MNE|Montenegro|Crna Gora
MF|MAF|Saint Martin|Saint Martin (French part)|St. Martin (French part)|Collectivity of Saint Martin
MG|MDG|Madagascar|Malagasy Republic
MH|MHL|Marshall Islands|Marshalls
MK|MKD|North Macedonia|Macedonia|FYROM|Former Yugoslav Republic of Macedonia|Macedonia, FYR|FYR Macedonia|TFYR of Macedonia|Macedonia, the former Yugoslav Republic of|Macedonia (FYROM)|TFYR Macedonia
ML|MLI|Mali|French Sudan
MM|MMR|Myanmar|Burma|Republic of the Union of Myanmar|Myanmar (Burma)|Burma (Myanmar)|Union of Myanmar|Myanmar/Burma
MN|MNG|Mongolia
MO|MAC|Macao|Macau|Macao SAR|Macau SAR|Macao SAR China|Macao SAR, China|China, Macao SAR|China, Macao Special Administrative Region|Macao Special Administrative Region of China|Macao, China|Macau, China
MP|MNP|Northern Mariana Islands|Commonwealth of the Northern Mariana Islands|N. Mariana Islands|Northern Marianas
MQ|MTQ|Martinique
MR|MRT|Mauritania
MS|MSR|Montserrat
MT|MLT|Malta
MU|MUS|Mauritius
MV|MDV|Maldives|Maldive Islands
MW|MWI|Malawi|Nyasaland
MX|MEX|Mexico|United Mexican States|Estados Unidos Mexicanos
MY|MYS|Malaysia|Malaya
MZ|MOZ|Mozambique|Mocambique
NA|NAM|Namibia|South West Africa|South-West Africa
NC|NCL|New Caledonia
NE|NER|Niger
NF|NFK|Norfolk Island
NG|NGA|Nigeria
NI|NIC|Nicaragua
NL|NLD|Netherlands|Holland|Kingdom of the Netherlands|Nederland|Netherland|NED
NO|NOR|Norway|Norge|Noreg
NP|NPL|Nepal|Federal Democratic Republic of Nepal
NR|NRU|Nauru
NU|NIU|Niue
NZ|NZL|New Zealand|Aotearoa|Aotearoa New Zealand
OM|OMN|Oman|Muscat and Oman
PA|PAN|Panama
PE|PER|Peru
PF|PYF|French Polynesia|Tahiti|Polynesie francaise
PG|PNG|Papua New Guinea|Papua-New Guinea
PH|PHL|Philippines|Philippine Islands|Pilipinas|Phillipines|Philippine
PK|PAK|Pakistan
PL|POL|Poland|Polska
PM|SPM|Saint Pierre and Miquelon
PN|PCN|Pitcairn Islands|Pitcairn|Pitcairn, Henderson, Ducie and Oeno Islands
PR|PRI|Puerto Rico|Commonwealth of Puerto Rico|Porto Rico
PS|PSE|Palestine|State of Palestine|Palestine, State of|Palestinian Territory|Palestinian Territories|Palestinian Territory, Occupied|Occupied Palestinian Territory|Occupied Palestinian Territories|West Bank|Gaza|Gaza Strip|West Bank and Gaza|West Bank and Gaza Strip|Palestinian Authority
PT|PRT|Portugal|Portuguese Republic
PW|PLW|Palau|Belau
PY|PRY|Paraguay
QA|QAT|Qatar
RE|REU|Réunion|Reunion Island
RO|ROU|Romania|Rumania|Roumania
RS|SRB|Serbia|Srbija
RU|RUS|Russia|Russian Federation|Rossiya
RW|RWA|Rwanda|Ruanda|Rwandese Republic
SA|SAU|Saudi Arabia|KSA|Saudi
SB|SLB|Solomon Islands|Solomons
SC|SYC|Seychelles
SD|SDN|Sudan
SE|SWE|Sweden|Sverige
SG|SGP|Singapore
SH|SHN|Saint Helena, Ascension and Tristan da Cunha|Saint Helena|St. Helena, Ascension, Tristan da Cunha|Ascension Island|Tristan da Cunha
SI|SVN|Slovenia|Slovenija
SJ|SJM|Svalbard and Jan Mayen|Svalbard|Svalbard and Jan Mayen Islands|Jan Mayen
SK|SVK|Slovakia|Slovak Republic|Slovensko|Slovak
SL|SLE|Sierra Leone
SM|SMR|San Marino|Most Serene Republic of San Marino
SN|SEN|Senegal
SO|SOM|Somalia|Federal Republic of Somalia|Somali Republic
SR|SUR|Suriname|Surinam|Dutch Guiana
SS|SSD|South Sudan
ST|STP|São Tomé and Príncipe|Sao Tome|St. Tome and Principe
SV|SLV|El Salvador|Salvador
SX|SXM|Sint Maarten|Sint Maarten (Dutch part)|St. Maarten|Saint Martin (Dutch part)
SY|SYR|Syria|Syrian Arab Republic
SZ|SWZ|Eswatini|Swaziland|eSwatini (Swaziland)
TC|TCA|Turks and Caicos Islands|Turks and Caicos|Turks & Caicos Is.
TD|TCD|Chad|Tchad
TF|ATF|French Southern Territories|French Southern and Antarctic Lands|French Southern and Antarctic Territories|TAAF
TG|TGO|Togo|Togolese Republic|Togoland
TH|THA|Thailand|Siam
TJ|TJK|Tajikistan|Tadjikistan|Tadzhikistan
TK|TKL|Tokelau|Tokelau Islands
TL|TLS|Timor-Leste|East Timor|Democratic Republic of Timor-Leste|Timor
TM|TKM|Turkmenistan|Turkmenia
TN|TUN|Tunisia|Tunisie
TO|TON|Tonga|Friendly Islands
TR|TUR|Turkey|Türkiye|Turkiye|Republic of Turkiye
TT|TTO|Trinidad and Tobago|Trinidad
TV|TUV|Tuvalu|Ellice Islands
TW|TWN|Taiwan|Republic of China|Taiwan, Province of China|Chinese Taipei|Formosa|ROC|Taiwan ROC|Taiwan, China|China Taiwan|Taiwan (Republic of China)|Taiwan (China)
TZ|TZA|Tanzania|United Republic of Tanzania|Tanzania, United Republic of|Tanganyika
UA|UKR|Ukraine|Ukraina
UG|UGA|Uganda
UM|UMI|U.S. Outlying Islands|United States Minor Outlying Islands|US Minor Outlying Islands|Wake Island|Midway Islands|Johnston Atoll|Howland Island|Baker Island|Jarvis Island|Kingman Reef|Palmyra Atoll|Navassa Island
US|USA|United States|United States of America|US of A|U.S. of America|U.S. of A.|America|Estados Unidos|Etats-Unis|Vereinigte Staaten|States|United States America|United States USA|United States US|United States of America USA|United States of America US|Estados Unidos de America|EEUU|EE.UU.|E.E.U.U.
UY|URY|Uruguay|Oriental Republic of Uruguay|Eastern Republic of Uruguay
UZ|UZB|Uzbekistan
VA|VAT|Vatican City|Holy See|Holy See (Vatican City)|Holy See (Vatican City State)|Vatican|Vatican City State|Vatican City (Holy See)
VC|VCT|Saint Vincent and the Grenadines|St. Vincent|Saint Vincent and Grenadines
VE|VEN|Venezuela|Bolivarian Republic of Venezuela|Venezuela, RB|Venezuela, Bolivarian Republic of
VG|VGB|British Virgin Islands|Virgin Islands, British|Virgin Islands (British)|Virgin Islands, U.K.|BVI|UK Virgin Islands|Virgin Islands (UK)
VI|VIR|U.S. Virgin Islands|United States Virgin Islands|Virgin Islands, U.S.|Virgin Islands (U.S.)|Virgin Islands, United States|Virgin Islands|Virgin Islands of the United States|American Virgin Islands|USVI|Virgin Islands, US|US Virgin Islands|Virgin Islands (US)
VN|VNM|Vietnam|Viet Nam|Socialist Republic of Vietnam
VU|VUT|Vanuatu|New Hebrides
WF|WLF|Wallis and Futuna|Wallis and Futuna Islands
WS|WSM|Samoa|Western Samoa|Independent State of Samoa
XK|XKX|Kosovo|Republic of Kosovo|XKS|KOS
YE|YEM|Yemen|Yemen, Rep.
YT|MYT|Mayotte
ZA|ZAF|South Africa|RSA|Republic of South Africa|Suid-Afrika|S. Africa
ZM|ZMB|Zambia|Northern Rhodesia
ZW|ZWE|Zimbabwe|Rhodesia|Southern Rhodesia
"""

WORDS = {"st": "saint", "ste": "saint", "rep": "republic", "dem": "democratic",
         "fed": "federated", "sts": "states", "is": "islands", "isl": "islands",
         "island": "islands", "isls": "islands", "n": "north", "s": "south"}


def key(text):
    """The same words as country_key() in country.c."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    out = []
    for c in text:
        if unicodedata.category(c).startswith("M") or c in ".'’`´ʼ‘":
            continue
        out.append(c if unicodedata.category(c)[0] in "LN" else " ")
    words, spelt = [], False
    tokens = "".join(out).split()
    for i, word in enumerate(tokens):
        single = len(word) == 1
        if word in ("the", "and") and len(tokens) > 1:  # AND is a code
            continue
        if single and spelt:
            words[-1] += word
            continue
        spelt = single and i + 1 < len(tokens) and len(tokens[i + 1]) == 1
        if word in WORDS and not spelt and len(tokens) > 1 and \
                (word not in ("is", "isl") or words):
            word = WORDS[word]
        if not words or words[-1] != word:
            words.append(word)
    return " ".join(words)


def main():
    rows = [line.split("|") for line in FACTS.strip().splitlines()]
    assert rows == sorted(rows, key=lambda r: r[0])
    keys = {}
    for at, row in enumerate(rows):
        for name in row:
            k = key(name)
            assert keys.get(k, at) == at, (name, rows[keys[k]][2])
            keys[k] = at
    print("/*\n * countries.c - codes and names of countries; written by make_countries.py\n */")
    print('#include "clean/country.h"\n')
    print("/* clang-format off */")
    print("const struct country mlci_countries[] = {")
    line = "   "
    for row in rows:
        item = ' {"%s", "%s", "%s"},' % (row[0], row[1], row[2])
        if len(line) + len(item) > 96:
            print(line)
            line = "   "
        line += item
    print(line)
    print("};")
    print("const size_t mlci_n_countries = %d;\n" % len(rows))
    print("/* by the bytes of their keys */")
    print("const struct country_key mlci_country_keys[] = {")
    line = "   "
    for k in sorted(keys, key=lambda k: k.encode()):
        letters = 0
        for c in k.encode():
            if c != 0x20:
                letters |= 1 << (c & 31)
        item = ' {"%s", %d, 0x%x},' % (k, keys[k], letters)
        if len(line) + len(item) > 96:
            print(line)
            line = "   "
        line += item
    print(line)
    print("};")
    print("const size_t mlci_n_country_keys = %d;" % len(keys))


main()
