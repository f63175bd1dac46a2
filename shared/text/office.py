"""Words of offices and shops by language: how a short message without small words is spelt."""

OFFICE = {
    "en": """
account address allowance answer application approval authenticator backup badge balance benefit
bicycle bonus booking broken bug calendar cancel card carrier certificate charge colleague
company complaint computer conference confirm connection contract counselling crash customer
damaged data deadline defect delete delivery department desktop device discount document
download drive email employee equipment exchange expense expired express family file folder
forgotten gift guarantee guest harassment headset hotel hotline house insurance install
interview invoice item job keyboard laptop late leave letter licence loan lost lunch machine
mail manager maternity medical meeting member missing mobile money monitor mouse network
newsletter notice number office onboarding order outlook overtime owner package parcel parental
parking partner password payment payroll payslip pension permission phishing phone points policy
portal price printer probation product project quality receipt reference refund reimbursement
remote repair request reset restore return salary screen security server shared shipping shop
sick signature software storage stolen subscription support team template ticket tracking
training travel update vacation voucher warranty website weekend wireless working wrong""",
    "de": """
abrechnung abteilung adresse anmeldung antrag anwendung arbeitszeit arzt ausweis beantragen
bescheinigung beschwerde bestellung bezahlung bildschirm bonus büro computer datei daten defekt
drucker einreichen elternzeit erstattung erreichbar fehler fehlt firma formular frist gehalt
gehaltsabrechnung gerät geschenkkarte gutschein hilfe homeoffice kaputt kennwort kollege konto
kosten krank krankmeldung kunde kündigung kündigungsfrist laufwerk lieferung löschen mahnung
mitarbeiter netzwerk netz ordner paket passwort problem quittung rechnung reisekosten rente
reparatur reservieren rückgabe rücksendung schutz stellen software stornieren tastatur telefon
termin überstunden umtausch umzug unterschrift urlaub urlaubsantrag vergessen verloren verspätet
versand vertrag zahlung zugang zurücksetzen zurückschicken""",
    "fr": """
absence achat adresse annuler appareil arrivé avance boîte bureau cadeau carte casque certificat
chef clavier client code colis collègue commande compte congé congés connexion contrat date
délai demande disque document dossier écran employé endommagé entreprise envoi erreur facture
fichier formation frais garantie imprimante installer journée livraison logiciel magasin maladie
manquante médecin mot navigateur note ordinateur oublié panne paie paiement parental passe
période perdu points portable prime prix problème produit questions rabais rapport reçu
remboursement réparation réseau retard retour retourner salaire sécurité semaine souris
télétravail téléphone travail vacances virement voyage""",
    "es": """
ayuda baja cambiar cambio cancelar carpeta cita clave cliente código compañero compra conexión
contraseña contrato correo cuenta datos dañado despacho devolución devolver dinero dirección
documento empleado empresa enfermedad entrega envío equipo error factura fecha formación
garantía gastos gratis hoja impresora instalar jefe licencia móvil nómina olvidada ordenador
oficina pago pantalla paquete pedido perdido permiso portátil precio problema producto puntos
ratón recibo red reembolso regalo reparación restantes retraso roto sueldo tarjeta teclado
teletrabajo tienda trabajo vacaciones viaje zapatos""",
    "pt": """
ajuda alterar arquivo atrasada atraso cancelar cartão cliente código colega compra computador
conexão conta contrato dados danificado despesas devolução devolver dinheiro direção documento
doença empregado empresa encomenda endereço entrega envio erro escritório esquecida fatura
férias ficheiro formação frete garantia impressora instalar licença loja mudança nota pagamento
pacote pasta pedido perdido pontos presente prazo preço problema produto quebrada rato recibo
rede reembolso reparação restantes salário senha sessão tela telemóvel teclado trabalho troca
viagem""",
    "it": """
acquisto aiuto annullare assenza azienda buono busta cambio cartella chiavetta cliente codice
collega computer congedo connessione consegna contratto danneggiato dati difetto dimenticata
disco documento errore fattura ferie file formazione garanzia giorni indirizzo installare lavoro
malattia medico mancante mouse negozio ordine orario pacco paga pagamento parentale password
perso portatile prezzo problema prodotto punti regalo reso restituire restituzione ricevuta
rimborso riparazione ritardo rotta rotto schermo scheda sconto scadenza sede spedizione spese
stampante stipendio straordinari tastiera telefono ufficio vacanza viaggio""",
    "nl": """
aanvraag aanvragen aankoop adres afdeling afspraak annuleren arts bedrijf beschadigd bestand
bestelling betaling bezorging bon cadeaubon camera collega computer contract declaratie dienst
factuur foutmelding garantie gegevens geld gebroken handtekening installeren kantoor kapot
klacht klant korting laptop levering loon map medewerker muis netwerk ontslag onkosten opleiding
ouderschap ouderschapsverlof pakket prijs printer probleem product punten rekening reis
reparatie retour ruilen salaris scherm storing sturen telefoon terugbetaling terugsturen
thuiswerken toegang toetsenbord vakantie vakantiedagen verlof vergeten verloren verzekering
verzending wachtwoord wijzigen winkel ziek ziekmelding""",
}
"""By language."""
