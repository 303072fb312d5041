package main

// product is what is demonstrated or installed.
type product struct{ brand, model string }

// catalogue is what made-up bookings are made of. Names and addresses are of nobody; e-mails are of example.com, and
// the telephone numbers begin as no Indian mobile number does.
type catalogue struct {
	products                            []product
	firstNames, lastNames               []string
	streets, areas                      []string
	questions, answers, notes, farewell []string
}

func newCatalogue() catalogue {
	return catalogue{
		products: []product{
			{"Samsung", "EcoBubble 8 kg"}, {"Samsung", "Family Hub 690 L"}, {"Samsung", "WindFree 1.5 ton"}, {"Samsung", "Crystal 55 inch"},
			{"LG", "InstaView 655 L"}, {"LG", "TurboWash 9 kg"}, {"LG", "DualCool 1.5 ton"}, {"LG", "OLED 65 inch"},
			{"Whirlpool", "Bloomwash 7.5 kg"}, {"Whirlpool", "IntelliFresh 340 L"}, {"Whirlpool", "MagiCook 25 L"},
			{"Bosch", "Series 6 dishwasher"}, {"Bosch", "Series 4 washer 8 kg"}, {"Bosch", "TrueMixx grinder"},
			{"IFB", "Senator 8 kg"}, {"IFB", "Neptune dishwasher"}, {"IFB", "Convection oven 30 L"},
			{"Voltas", "SmartAir 1 ton"}, {"Voltas", "Windsor 1.5 ton"}, {"Daikin", "FTKM50 1.5 ton"}, {"Daikin", "FTL28 0.8 ton"},
			{"Godrej", "Edge 190 L"}, {"Godrej", "Eon 1.5 ton"}, {"Haier", "Triple door 445 L"}, {"Haier", "Top load 7 kg"},
			{"Panasonic", "Econavi 335 L"}, {"Panasonic", "Inverter oven 27 L"}, {"Sony", "Bravia 55 inch"}, {"Sony", "Bravia 65 inch"},
			{"Blue Star", "Convertible 1.5 ton"}, {"Kent", "Grand Plus purifier"}, {"Prestige", "Svachh hob"},
		},
		firstNames: []string{
			"Aarav", "Aditi", "Amit", "Ananya", "Arjun", "Asha", "Deepa", "Dev", "Farah", "Gaurav", "Harpreet", "Imran", "Isha", "Jaya",
			"Karan", "Kavita", "Leena", "Manoj", "Maya", "Meera", "Mohan", "Neha", "Nikhil", "Pooja", "Prakash", "Priya", "Rahul", "Rhea",
			"Rohan", "Sameer", "Sana", "Sanjay", "Shreya", "Sunil", "Tara", "Uday", "Usha", "Varun", "Vikram", "Zoya",
		},
		lastNames: []string{
			"Agarwal", "Bhatt", "Chopra", "Das", "Desai", "D'Souza", "Fernandes", "Ghosh", "Gupta", "Iyer", "Jain", "Joshi", "Kapoor", "Khan",
			"Kulkarni", "Menon", "Mehta", "Mishra", "Nair", "Naidu", "Patel", "Pillai", "Rao", "Reddy", "Sharma", "Shetty", "Singh", "Verma",
		},
		streets: []string{
			"Carter Road", "Hill Road", "Linking Road", "Station Road", "Temple Lane", "Lake View Road", "MG Road", "Market Street",
			"Gandhi Nagar", "Church Street", "Park Avenue", "Garden Lane", "School Road", "Fort Road",
		},
		areas: []string{
			"Bandra West, Mumbai 400050", "Andheri East, Mumbai 400069", "Powai, Mumbai 400076", "Dadar, Mumbai 400014", "Kothrud, Pune 411038",
			"Aundh, Pune 411007", "Indiranagar, Bengaluru 560038", "Jayanagar, Bengaluru 560041", "Vashi, Navi Mumbai 400703", "Thane West 400601",
		},
		questions: []string{
			"Can you come in the morning instead?", "Does the price include the stand?", "Please call before you come.",
			"The guard needs the technician's name.", "Is the old machine taken away?", "We moved to the third floor, same building.",
			"Could the demo be on a weekend?", "Do I have to be at home for it?",
		},
		answers: []string{
			"Yes, that is possible.", "We will call an hour before.", "The stand is included.", "We take the old one along.",
			"Half an hour is enough.", "Somebody over 18 has to be there.", "Noted, thank you.",
		},
		notes: []string{
			"We come on the day you asked for.", "The earliest day we have is this one.", "Two technicians will come.", "",
		},
		farewell: []string{
			"Installed and shown.", "Demo done, the customer is happy.", "Done, warranty registered.", "Done; the inlet pipe was replaced.", "",
		},
	}
}
