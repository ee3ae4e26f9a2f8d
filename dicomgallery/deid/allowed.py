"""What may stay though PS3.15 Table E.1-1 does not name it: by keyword, since the table is silent on thousands."""

from typing import Final

from pydicom.datadict import tag_for_keyword


def _tags(keywords: str) -> frozenset[int]:
    return frozenset(tag for word in keywords.split() if (tag := tag_for_keyword(word)) is not None)


FREE_TEXT: Final = _tags("""
    Manufacturer ManufacturerModelName ManufacturerRelatedModelGroup ManufacturerModelVersion SoftwareVersions
    SecondaryCaptureDeviceManufacturer SecondaryCaptureDeviceManufacturerModelName
    SecondaryCaptureDeviceSoftwareVersions DetectorManufacturerName DetectorManufacturerModelName
    ReceiveCoilManufacturerName TransmitCoilManufacturerName ApplicationName ApplicationVersion
    ApplicationManufacturer AlgorithmName AlgorithmVersion AlgorithmSource SegmentAlgorithmName
    DigitalImageFormatAcquired VideoImageFormatAcquired ContrastBolusRoute RadiopharmaceuticalRoute Radiopharmaceutical
    InterventionDrugName SourceIsotopeName TriggerSourceOrType CardiacFramingType PVCRejection TypeOfFilters
    AcquisitionMode DoseModeName PhosphorType PlateType AcquisitionDeviceProcessingCode TransducerData
    ProcessingFunction MultiCoilConfiguration ApplicableSafetyStandardDescription ASLTechniqueDescription
    ASLCrusherDescription ASLBolusCutoffTechnique TargetPositionReferenceIndicator
    PositionReferenceIndicator RescaleType ModalityLUTType MIMETypeOfEncapsulatedDocument ListOfMIMETypes
    AttenuationCorrectionMethod ReconstructionMethod DetectorLinesOfResponseUsed ScatterCorrectionMethod
    SequenceName PulseSequenceName ImagedNucleus FilterType ConvolutionKernel CollimatorGridName WedgeMaterial
    OutputPower OpticalPathIdentifier ReferencedOpticalPathIdentifier EnergyWindowName EXIFVersion DetectorMode
    GridAbsorbingMaterial GridSpacingMaterial FontName CSSFontName CodingSchemeRegistry CodingSchemeVersion
    MappingResourceName RequestedProcedurePriority ReportingPriority
""")
"""Words of equipment and technique. Stays unless it holds a value that identifies elsewhere in the object."""

CODES: Final = _tags("CodeValue LongCodeValue CodingSchemeDesignator")
MEANINGS: Final = _tags("CodeMeaning ExtendedCodeMeaning")
BYTES: Final = _tags("""
    CoordinateSystemAxisValues FillPattern DarkCurrentCounts AirCounts ChannelMinimumValue ChannelMaximumValue
    WaveformPaddingValue WaveformData ThreatROIBitmap BadPixelImage DetectorCalibrationData InteroperabilityVersion
""")
"""Values of bytes that are measurements; any other is removed."""

CLASS_UIDS: Final = _tags("""
    SOPClassUID ReferencedSOPClassUID RelatedGeneralSOPClassUID OriginalSpecializedSOPClassUID SOPClassesInStudy
    SOPClassesSupported PertinentSOPClassesInStudy PertinentSOPClassesInSeries AvailableTransferSyntaxUID
    StoredInstanceTransferSyntaxUID FlowTransferSyntaxUID MACCalculationTransferSyntaxUID
    EncryptedContentTransferSyntaxUID ContextUID MappingResourceUID CodingSchemeUID
    ContextGroupExtensionCreatorUID
""")
"""UIDs of kinds, not of things."""
KNOWN_ROOTS: Final = (
    "1.2.840.10008.", "2.16.840.1.113883.6.", "1.3.12.2.1107.5.9.", "1.2.840.113619.4.", "1.3.46.670589.11.0.0.12.",
    "1.2.826.0.1.3680043.2.1125.1.",
)  # fmt: skip
"""Where the standard, the coding schemes and the private classes of makers are registered."""

NEVER: Final = _tags("EncryptedAttributesSequence MACParametersSequence")
"""Holders of what was hidden before, and of hashes that prove old values."""
