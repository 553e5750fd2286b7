"""The same piece of news in many languages, written for these tests."""

NEWS = {
    "en": (
        "The new bridge over the river was opened on Monday by the mayor. Thousands of people "
        "came to the celebration, although it rained for hours. The work had taken four years "
        "and cost twice as much as was planned. The council says that the toll will be lifted "
        "next year."
    ),
    "de": (
        "Die neue Brücke über den Fluss wurde am Montag von der Bürgermeisterin eröffnet. "
        "Tausende Menschen kamen zu der Feier, obwohl es stundenlang regnete. Die Arbeiten "
        "hatten vier Jahre gedauert und doppelt so viel gekostet wie geplant. Die Maut soll "
        "nächstes Jahr entfallen."
    ),
    "fr": (
        "Le nouveau pont sur le fleuve a été inauguré lundi par la maire. Des milliers de "
        "personnes sont venues à la fête malgré plusieurs heures de pluie. Les travaux avaient "
        "duré quatre ans et coûté deux fois plus que prévu. Le péage devrait être supprimé "
        "l'année prochaine."
    ),
    "es": (
        "El nuevo puente sobre el río fue inaugurado el lunes por la alcaldesa. Miles de "
        "personas acudieron a la fiesta, aunque llovió durante horas. Las obras habían durado "
        "cuatro años y costaron el doble de lo previsto. El peaje se suprimirá el año que viene."
    ),
    "it": (
        "Il nuovo ponte sul fiume è stato inaugurato lunedì dalla sindaca. Migliaia di persone "
        "sono venute alla festa, anche se ha piovuto per ore. I lavori erano durati quattro anni "
        "ed erano costati il doppio del previsto. Il pedaggio sarà abolito l'anno prossimo."
    ),
    "pt": (
        "A nova ponte sobre o rio foi inaugurada na segunda-feira pela presidente da câmara. "
        "Milhares de pessoas foram à festa, embora tenha chovido durante horas. As obras duraram "
        "quatro anos e custaram o dobro do previsto. A portagem acabará no próximo ano."
    ),
    "nl": (
        "De nieuwe brug over de rivier is maandag door de burgemeester geopend. Duizenden mensen "
        "kwamen naar het feest, hoewel het urenlang regende. Het werk had vier jaar geduurd en "
        "kostte twee keer zoveel als gepland. De tol wordt volgend jaar afgeschaft."
    ),
    "sv": (
        "Den nya bron över floden invigdes i måndags av borgmästaren. Tusentals människor kom "
        "till festen, trots att det regnade i flera timmar. Arbetet hade tagit fyra år och "
        "kostat dubbelt så mycket som planerat. Avgiften ska tas bort nästa år."
    ),
    "da": (
        "Den nye bro over floden blev åbnet mandag af borgmesteren. Tusindvis af mennesker kom "
        "til festen, selv om det regnede i timevis. Arbejdet havde taget fire år og kostet "
        "dobbelt så meget som planlagt. Afgiften skal afskaffes næste år."
    ),
    "no": (
        "Den nye broen over elva ble åpnet mandag av ordføreren. Tusenvis av mennesker kom til "
        "festen, selv om det regnet i timevis. Arbeidet hadde tatt fire år og kostet dobbelt så "
        "mye som planlagt. Bompengene skal fjernes neste år."
    ),
    "fi": (
        "Kaupunginjohtaja avasi maanantaina uuden joen ylittävän sillan. Juhlaan saapui tuhansia "
        "ihmisiä, vaikka satoi tuntikausia. Työt olivat kestäneet neljä vuotta ja maksaneet "
        "kaksi kertaa niin paljon kuin oli suunniteltu. Tietulli poistetaan ensi vuonna."
    ),
    "pl": (
        "Nowy most na rzece został otwarty w poniedziałek przez panią burmistrz. Na uroczystość "
        "przyszły tysiące ludzi, choć przez wiele godzin padał deszcz. Prace trwały cztery lata "
        "i kosztowały dwa razy więcej, niż planowano. Opłata zostanie zniesiona w przyszłym roku."
    ),
    "cs": (
        "Nový most přes řeku v pondělí otevřela starostka. Na slavnost přišly tisíce lidí, "
        "přestože celé hodiny pršelo. Práce trvaly čtyři roky a stály dvakrát víc, než se "
        "plánovalo. Mýtné má být příští rok zrušeno."
    ),
    "hr": (
        "Novi most preko rijeke u ponedjeljak je otvorila gradonačelnica. Tisuće ljudi došle su "
        "na proslavu iako je satima padala kiša. Radovi su trajali četiri godine i stajali "
        "dvostruko više nego što je bilo planirano. Cestarina će se ukinuti sljedeće godine."
    ),
    "hu": (
        "A folyó fölötti új hidat hétfőn adta át a polgármester. Több ezer ember jött el az "
        "ünnepre, pedig órákon át esett az eső. A munka négy évig tartott, és kétszer annyiba "
        "került, mint tervezték. Az útdíjat jövőre eltörlik."
    ),
    "ro": (
        "Noul pod peste râu a fost deschis luni de primăriță. Mii de oameni au venit la "
        "sărbătoare, deși a plouat ore întregi. Lucrările au durat patru ani și au costat de "
        "două ori mai mult decât era planificat. Taxa va fi eliminată anul viitor."
    ),
    "tr": (
        "Nehrin üzerindeki yeni köprü pazartesi günü belediye başkanı tarafından açıldı. "
        "Saatlerce yağmur yağmasına rağmen binlerce kişi kutlamaya geldi. Çalışmalar dört yıl "
        "sürdü ve planlananın iki katına mal oldu. Geçiş ücreti gelecek yıl kaldırılacak."
    ),
    "az": (
        "Çayın üzərindəki yeni körpü bazar ertəsi şəhər meri tərəfindən açıldı. Saatlarla yağış "
        "yağmasına baxmayaraq, minlərlə insan bayrama gəldi. İşlər dörd il davam etdi və nəzərdə "
        "tutulandan iki dəfə baha başa gəldi. Yol haqqı gələn il ləğv ediləcək."
    ),
    "id": (
        "Jembatan baru di atas sungai itu diresmikan wali kota pada hari Senin. Ribuan orang "
        "datang ke perayaan meskipun hujan turun berjam-jam. Pekerjaan itu memakan waktu empat "
        "tahun dan menelan biaya dua kali lipat dari rencana. Tarif tol akan dihapus tahun depan."
    ),
    "vi": (
        "Cây cầu mới bắc qua sông đã được thị trưởng khánh thành hôm thứ Hai. Hàng nghìn người "
        "đã đến dự lễ dù trời mưa suốt nhiều giờ. Công trình kéo dài bốn năm và tốn kém gấp đôi "
        "so với kế hoạch. Phí qua cầu sẽ được bãi bỏ vào năm sau."
    ),
    "ru": (
        "Новый мост через реку в понедельник открыла мэр города. На праздник пришли тысячи "
        "людей, хотя несколько часов шёл дождь. Работы продолжались четыре года и обошлись вдвое "
        "дороже, чем планировалось. Плату за проезд отменят в следующем году."
    ),
    "uk": (
        "Новий міст через річку в понеділок відкрила мер міста. На свято прийшли тисячі людей, "
        "хоча кілька годин ішов дощ. Роботи тривали чотири роки й коштували вдвічі дорожче, ніж "
        "планувалося. Плату за проїзд скасують наступного року."
    ),
    "el": (
        "Η νέα γέφυρα πάνω από το ποτάμι εγκαινιάστηκε τη Δευτέρα από τη δήμαρχο. Χιλιάδες "
        "άνθρωποι ήρθαν στη γιορτή, αν και έβρεχε επί ώρες. Τα έργα είχαν διαρκέσει τέσσερα "
        "χρόνια. Τα διόδια θα καταργηθούν του χρόνου."
    ),
    "hy": (
        "Գետի վրայի նոր կամուրջը երկուշաբթի օրը բացեց քաղաքապետը։ Հազարավոր մարդիկ եկան տոնին, "
        "թեև ժամերով անձրև էր գալիս։ Աշխատանքները տևել էին չորս տարի և արժեցել ծրագրվածից երկու "
        "անգամ ավելի։ Վճարը կվերացվի հաջորդ տարի։"
    ),
    "ka": (
        "მდინარეზე ახალი ხიდი ორშაბათს მერმა გახსნა. ზეიმზე ათასობით ადამიანი მივიდა, თუმცა "
        "საათობით წვიმდა. სამუშაოები ოთხი წელი გაგრძელდა და დაგეგმილზე ორჯერ ძვირი დაჯდა. "
        "გადასახადი მომავალ წელს გაუქმდება."
    ),
    "ar": (
        "افتتحت رئيسة البلدية يوم الاثنين الجسر الجديد فوق النهر. وحضر آلاف الناس إلى الاحتفال "
        "رغم هطول المطر لساعات. واستغرقت الأعمال أربع سنوات وكلفت ضعف ما كان مخططا له. وسيتم "
        "إلغاء رسوم العبور في العام المقبل."
    ),
    "he": (
        "הגשר החדש מעל הנהר נחנך ביום שני על ידי ראשת העיר. אלפי אנשים הגיעו לחגיגה אף שירד גשם "
        "במשך שעות. העבודות נמשכו ארבע שנים ועלו פי שניים מהמתוכנן. האגרה תבוטל בשנה הבאה."
    ),
    "fa": (
        "پل جدید روی رودخانه روز دوشنبه توسط شهردار افتتاح شد. هزاران نفر با وجود ساعت‌ها "
        "بارندگی به جشن آمدند. کارها چهار سال طول کشید و دو برابر برنامه هزینه داشت. عوارض عبور "
        "سال آینده برداشته می‌شود."
    ),
    "hi": (
        "नदी पर बने नए पुल का उद्घाटन सोमवार को महापौर ने किया। घंटों बारिश होने के बावजूद "
        "हज़ारों लोग समारोह में आए। काम चार साल चला और योजना से दोगुना खर्च हुआ। अगले साल टोल "
        "हटा दिया जाएगा।"
    ),
    "zh": (
        "市长星期一为横跨河流的新桥揭幕。尽管下了几个小时的雨,仍有数千人前来参加庆祝活动。工程历"
        "时四年,费用是原计划的两倍。市议会表示,明年将取消过桥费。"
    ),
    "ja": (
        "川にかかる新しい橋が月曜日に市長によって開通した。何時間も雨が降ったにもかかわらず、数千"
        "人が式典に訪れた。工事は四年かかり、費用は予定の二倍になった。通行料は来年廃止される。"
    ),
    "ko": (
        "강 위의 새 다리가 월요일 시장에 의해 개통되었다. 몇 시간 동안 비가 내렸지만 수천 명이 "
        "축하 행사에 참석했다. 공사는 사 년이 걸렸고 비용은 계획의 두 배가 들었다. 통행료는 "
        "내년에 폐지될 예정이다."
    ),
}
