"""Make labelled.txt, 200 Dutch and 200 English comments whose themes and identifying words are known.

Written before the rules of `hpp_analysis.comments.masking`, without a look at any list of names: half of the comments are
free sentences, as people type them, half come from patterns. What must be masked stands in brackets with its kind, as
[name:Sanne]. Every second comment is held back while the rules are tuned; the figures of docs/comments.md are of this half.

python tests/comments/make_labelled.py
"""

import random
from pathlib import Path

FREE = {
    "nl": """
openness|We spreken elkaar elke week en dat werkt uitstekend.
openness|[name:Marieke] belt altijd terug, ook als ze het druk heeft.
openness|Belangrijke storingen horen we pas achteraf, soms via de klant.
openness|Als ik iets wil weten moet ik [name:Jeroen van der Velde] mailen op [email:j.vdvelde@alfanet.nl].
openness|Bel [name:Karin] gerust op [phone:06-12345678].
openness|Meer overleg op de werkvloer graag, niet alleen tussen de managers.
openness|De lijnen zijn kort. [name:Ahmed Yilmaz] en [name:Bart] weten elkaar te vinden.
openness|Er wordt te weinig gedeeld over wat er aankomt.
openness|Sinds [name:Wouter] weg is horen we niets meer over de planning.
openness|Afspraken worden nagekomen, dat waardeer ik zeer.
openness|Afspraken op papier zijn mooi, maar [name:mevrouw De Graaf] houdt zich er niet aan.
openness|wij krijgen nooit bericht van [name:sanne] als er iets verandert
openness|Elke maandag overleg op [address:Stationsplein 12] in [address:Amersfoort] kost ons een halve dag.
openness|De nieuwsbrief van de partner is nuttig.
openness|Ideeën van monteurs verdwijnen in een la.
openness|Heel prettig contact met [name:Fatima El Amrani] en haar collega's.
openness|Kan het maandelijks overleg weer op kantoor, aan de [address:Dorpsstraat 4a, 3811 BK Amersfoort]?
openness|Besluiten worden genomen zonder ons, en dan krijgen we een mail.
openness|Onze systemen sluiten niet op elkaar aan, alles gaat dubbel.
openness|[name:Pieter-Jan] luistert goed en komt met voorstellen.
openness|Onze [role:directeur] [name:Hans Bakker] zou vaker langs moeten komen.
openness|Ticket [number:48213377] staat al drie maanden open zonder reactie.
openness|Er is een goede band met de mensen buiten.
openness|Met [name:Daan] kun je lezen en schrijven.
openness|Ik mis een vast aanspreekpunt.
equality|Wij moeten alles accepteren wat zij bepalen.
equality|De macht ligt bij de opdrachtgever, zo simpel is het.
equality|[name:Ingrid Postma] beslist en wij voeren uit.
equality|Wijzigingen in de planning krijgen we een dag van tevoren.
equality|Op [address:Keizersgracht 241] bepalen ze alles, wij mogen het uitvoeren.
equality|Eisen veranderen halverwege het project en niemand zegt iets.
equality|Gelijkwaardig? Nee. Wij zijn de onderaannemer en dat laten ze merken.
equality|De culturen lijken op elkaar, dat scheelt veel uitleg.
equality|[name:Meneer Van Dijk] vraagt tenminste naar onze mening.
equality|We hebben een gelijke stem in de stuurgroep.
equality|Zij zijn groot, wij klein: dat voel je in elk gesprek.
equality|Onze inbreng telt niet. Vraag maar aan [name:Tineke].
equality|De [role:hoofd inkoop] doet alsof wij personeel zijn.
equality|Het contract [number:NL-2024-00871] is eenzijdig opgesteld.
equality|[name:Joost en Willemijn] hebben de nieuwe eisen netjes op tijd gemeld.
equality|Ze verschuiven de planning zonder te vragen of het past.
equality|Beide partijen dragen evenveel risico, dat is eerlijk geregeld.
equality|Volgens [name:Kees] hebben wij niets in te brengen.
conflict_management|Bij ruzie wordt er meteen naar het contract gewezen.
conflict_management|Conflicten worden snel opgelost door [name:Linda] en [name:Mohammed].
conflict_management|Er is nog steeds oud zeer tussen de teams in [address:Zwolle].
conflict_management|De doelen botsen: zij willen snel, wij willen goed.
conflict_management|Vertrouwen moet groeien en dat kost tijd.
conflict_management|Na het incident met [name:R. Hendriks] is het vertrouwen weg.
conflict_management|Meningsverschillen tussen monteurs blijven liggen.
conflict_management|[name:Chantal] schreeuwt tegen mensen en niemand grijpt in.
conflict_management|Er wordt gepraat in plaats van gevochten, dat is winst.
conflict_management|De escalatie naar [email:klachten@bravocabling.nl] hielp niets.
conflict_management|Ik vertrouw mijn collega's aan de andere kant volledig.
conflict_management|Ruzie over facturen, elke maand weer. Bel [phone:+31 6 4455 6677] en je weet genoeg.
conflict_management|Tegenstrijdige belangen worden onder het tapijt geveegd.
conflict_management|[name:Esmée] en [name:Gijs] praten niet meer met elkaar.
success|Samen halen we de doelen van dit jaar.
success|De klant merkt dat het beter gaat.
success|Het levert ons allebei geld op.
success|Ik zou morgen weer voor deze partner kiezen.
success|Door [name:Lotte] zijn de wachttijden gehalveerd.
success|Vergeleken met andere leveranciers is dit de beste.
success|De eindklant is vaak het kind van de rekening.
success|Projecten in [address:Den Bosch] zijn op tijd af, dankzij [name:Ruud Verhoeven].
other|Geen opmerkingen.
other|Te veel werk, te weinig mensen.
other|De parkeerplaats is altijd vol.
other|[name:Dirk] gaat binnenkort met pensioen, hij is de enige [role:lasser] van de vestiging.
other|Ik werk hier al 23 jaar en ben de enige [role:projectleider glasvezel].
other|Prima zo!
other|Vraag het aan [name:Sjoerd], toestel [phone:4410].
other|Mijn personeelsnummer is [number:00451278], dan kunt u het nakijken.
other|Jammer dat de enquête zo lang is.
other|mijn bankrekening [number:NL91 ABNA 0417 1643 00] klopt niet in jullie systeem
other|kun je me bereiken via [email:peter.smit@gmail.com] of anders [phone:0341-556677]
other|De koffie bij [address:Industrieweg 88] is niet te drinken.
other|[name:Anouk] is een topper.
other|[name:Bram] en [name:Noor] verdienen een compliment.
other|Veel verloop, elk kwartaal een nieuw gezicht.
other|Zie mijn post op [email:linkedin.com/in/jorisdekok].
other|Het gebouw is oud en het is er koud.
other|Nieuwe bussen zijn hard nodig.
""",
    "en": """
openness|We talk every week and it works really well.
openness|[name:Sarah] always calls back, even when she is busy.
openness|We hear about outages afterwards, sometimes from the customer.
openness|If I need anything I have to email [name:Jonathan Price] at [email:jprice@alfanetworks.com].
openness|Call [name:Denise] on [phone:+44 7700 900123] any time.
openness|More meetings on the shop floor please, not just among managers.
openness|Lines are short. [name:Ahmed Khan] and [name:Bill] know how to find each other.
openness|Too little is shared about what is coming.
openness|Since [name:Wendy] left we hear nothing about the schedule.
openness|Promises are kept, which I appreciate a lot.
openness|Promises look nice on paper but [name:Mrs. Harper] does not keep them.
openness|we never get a message from [name:kevin] when something changes
openness|The Monday meeting at [address:12 Station Road, Reading] costs us half a day.
openness|Their newsletter is useful.
openness|Ideas from engineers disappear in a drawer.
openness|Lovely contact with [name:Fatima Al-Sayed] and her colleagues.
openness|Can we have the monthly meeting in the office again, at [address:4a Church Lane, RG1 4PQ]?
openness|Decisions are made without us and then we get an email.
openness|Our systems do not talk to each other, everything is done twice.
openness|[name:Mary-Ann] listens well and brings proposals.
openness|Our [role:managing director] [name:Hugh Bennett] should visit more often.
openness|Ticket [number:48213377] has been open for three months without an answer.
openness|There is a good bond with the people in the field.
openness|You can rely on [name:Dan] for anything.
openness|I miss a fixed point of contact.
equality|We have to accept whatever they decide.
equality|The power is with the client, simple as that.
equality|[name:Ingrid O'Connor] decides and we carry it out.
equality|Changes in the schedule reach us one day ahead.
equality|At [address:241 Baker Street] they decide, we execute.
equality|Requirements change halfway and nobody says a word.
equality|Equal? No. We are the subcontractor and they let us feel it.
equality|The cultures are alike, which saves a lot of explaining.
equality|[name:Mr Donovan] at least asks for our opinion.
equality|We have an equal say in the steering group.
equality|They are big, we are small: you feel it in every conversation.
equality|Our input does not count. Just ask [name:Tina].
equality|The [role:head of procurement] treats us as staff.
equality|Contract [number:UK-2024-00871] was drawn up by one side.
equality|[name:Josh and Willow] told us about the new requirements in good time.
equality|They move the schedule without asking whether it fits.
equality|Both parties carry the same risk, which is fair.
equality|According to [name:Keith] we have no say.
conflict_management|In any dispute they point at the contract straight away.
conflict_management|Conflicts are solved quickly by [name:Linda] and [name:Mohammed].
conflict_management|There is still bad blood between the teams in [address:Leeds].
conflict_management|Goals clash: they want fast, we want good.
conflict_management|Trust has to grow and that takes time.
conflict_management|After the incident with [name:R. Henderson] trust is gone.
conflict_management|Differences between engineers are left lying.
conflict_management|[name:Chantelle] shouts at people and nobody steps in.
conflict_management|People talk instead of fight, that is progress.
conflict_management|Escalating to [email:complaints@bravocabling.co.uk] did not help.
conflict_management|I trust my colleagues on the other side completely.
conflict_management|Rows about invoices, every month. Ring [phone:01632 960 774] and you know enough.
conflict_management|Conflicting interests are swept under the carpet.
conflict_management|[name:Esme] and [name:Gus] no longer talk to each other.
success|Together we reach this year's goals.
success|The customer notices that things are better.
success|It makes money for both of us.
success|I would choose this partner again tomorrow.
success|Thanks to [name:Lottie] waiting times were cut in half.
success|Compared with other suppliers this is the best one.
success|The end customer often pays the price.
success|Projects in [address:Bristol] are on time, thanks to [name:Rudy Vaughan].
other|No comments.
other|Too much work, too few people.
other|The car park is always full.
other|[name:Derek] retires soon, he is the only [role:welder] of the branch.
other|I have worked here for 23 years and am the only [role:fibre project lead].
other|All fine!
other|Ask [name:Siobhan], extension [phone:4410].
other|My staff number is [number:00451278] so you can check.
other|Pity that the survey is so long.
other|my bank account [number:GB29 NWBK 6016 1331 9268 19] is wrong in your system
other|you can reach me at [email:peter.smith@gmail.com] or else [phone:(555) 010-4477]
other|The coffee at [address:88 Industrial Way] is undrinkable.
other|[name:Anushka] is a star.
other|[name:Graham] and [name:Nora] deserve a compliment.
other|A lot of turnover, a new face every quarter.
other|See my post at [email:linkedin.com/in/jorisdekok].
other|The building is old and it is cold inside.
other|New vans are badly needed.
""",
}
PATTERNS = {
    "nl": [
        ("openness", "Het overleg met {name} verloopt goed."),
        ("openness", "{name} informeert ons te laat over belangrijke zaken."),
        ("openness", "Wij horen van {name} zelden iets over nieuwe ontwikkelingen."),
        ("openness", "Als {name} iets belooft, dan gebeurt het ook."),
        ("equality", "{name} laat ons niet meebeslissen."),
        ("equality", "De planning is door {name} gewijzigd zonder het te melden."),
        ("equality", "Onze stem telt niet zolang {name} de baas is."),
        ("conflict_management", "Het conflict tussen {name} en {name} sleept al maanden."),
        ("conflict_management", "Ik heb geen vertrouwen in {name}."),
        ("conflict_management", "Gelukkig heeft {name} de ruzie gesust."),
        ("success", "Dankzij {name} is het project geslaagd."),
        ("success", "Zonder {name} hadden we de doelen nooit bereikt."),
        ("other", "{name} is erg aardig."),
        ("other", "Doe de groeten aan {name}!"),
    ],
    "en": [
        ("openness", "The meetings with {name} go well."),
        ("openness", "{name} informs us too late about important matters."),
        ("openness", "We rarely hear from {name} about new developments."),
        ("openness", "When {name} makes a promise, it happens."),
        ("equality", "{name} does not let us take part in decisions."),
        ("equality", "The schedule was changed by {name} without telling us."),
        ("equality", "Our voice does not count as long as {name} is in charge."),
        ("conflict_management", "The conflict between {name} and {name} drags on for months."),
        ("conflict_management", "I have no trust in {name}."),
        ("conflict_management", "Luckily {name} settled the argument."),
        ("success", "Thanks to {name} the project succeeded."),
        ("success", "Without {name} we would never have reached the goals."),
        ("other", "{name} is very kind."),
        ("other", "Give my regards to {name}!"),
    ],
}
NAMES = {
    "nl": """Sjaak|Bouke|Femke de Boer|Jan Willem ter Horst|Aafke|Youssef Benali|mevrouw Kuipers|Dhr. Jansen|Gerrit|Marjolein
        van 't Hof|Xander|Thijs|Roos|Berend Botje|Mees|Lieke|Ömer Kaya|Zoë|Hidde Wiersma|Nynke|Priya Ramdin|Jayden|Truus
        |Wil|Floor|Pim|Guus Meeuwsen|Marloes|Joke|Siem|Kaj|Bernadette Schuurman|A.B. de Wit|Soraya|Klaas-Jan|Janneke|Rob|Ton
        |Harm|Tjitske|Agnieszka Kowalska|Igor|Ludo|Fleur|Teun|Els van den Broek|Cor|Evert|Nienke|Vincent""",
    "en": """Stan|Beverley|Faith Brown|John Paul Getty|Aoife|Yusuf Rahman|Mrs Cooper|Mr. Jenkins|Gerald|Marjorie
        Van Horn|Xander|Theo|Rose|Barry Bottomley|Mason|Leighton|Omar Kaya|Zoe|Hamish McLeod|Niamh|Priya Raman|Jayden|Trudy
        |Will|Grace|Pip|Gus Meadows|Marlene|Joy|Simeon|Kai|Bernadette Shoemaker|A.B. White|Soraya|Mary-Lou|Janet|Rob|Tony
        |Harvey|Tamsin|Agnieszka Kowalska|Igor|Ludo|Fleur|Tyrone|Elsie Brook|Corey|Everett|Nadine|Vincent""",
}


def main() -> None:
    draw = random.Random(2026)
    lines = []
    for language, free in FREE.items():
        own = [line for line in free.strip().splitlines() if line.strip()]
        names = [" ".join(name.split()) for name in NAMES[language].split("|")]
        patterned: dict[str, None] = {}
        while len(own) + len(patterned) < 200:
            theme, pattern = draw.choice(PATTERNS[language])
            while "{name}" in pattern:
                pattern = pattern.replace("{name}", f"[name:{draw.choice(names)}]", 1)
            patterned[f"{theme}|{pattern}"] = None
        both = [*own, *patterned]
        draw.shuffle(both)
        lines += [f"{language}|{line}" for line in both]
    Path(__file__).with_name("labelled.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
