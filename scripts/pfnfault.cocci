// SPDX-License-Identifier: GPL-2.0-only
// Let fault handlers call pfnfault's helpers (layer 1 of linux/pfnfault.h), where
// they call vmf_insert_pfn() or vmf_insert_pfn_prot() for the page of the fault:
//
//	spatch --very-quiet --no-show-diff --in-place --cocci-file pfnfault.cocci --dir DRIVER
//	spatch --very-quiet --no-show-diff -D report --cocci-file pfnfault.cocci --dir DRIVER
//
// The first changes the driver. The second, after it, names what was left alone, and
// why. docs/porting.md tells what remains to be done by hand.
//
// The page of the fault is vmf->address of vmf->vma, which the helpers take from
// there. What is inserted at any other address, or into a VMA of which the function
// does not show that it is this one, is left alone.

virtual report

// Where page N of the VMA is at FIRST + N, whatever N is, they can all be mapped at
// once. A handler that looks at N itself before, or lets others look, may refuse some.

@linear@
identifier f, vmf, area, page, pfn, other;
expression first;
@@
 f(struct vm_fault *vmf)
 {
 ... when != \(vmf->address\|vmf->pgoff\)
     when != other(..., vmf, ...)
 struct vm_area_struct *area = vmf->vma;
 ... when != \(vmf->address\|vmf->pgoff\)
     when != other(..., vmf, ...)
-page = (vmf->address - area->vm_start) >> PAGE_SHIFT;
-pfn = first + page;
-return vmf_insert_pfn(area, vmf->address, pfn);
+return pfnfault_insert_range(vmf, area->vm_pgoff, first, vma_pages(area),
+			     area->vm_page_prot);
 }

@@
identifier linear.f, linear.page;
type T;
@@
 f(...)
 {
 ... when any
-T page;
 ... when != page
 }

@@
identifier linear.f, linear.pfn;
type T;
@@
 f(...)
 {
 ... when any
-T pfn;
 ... when != pfn
 }

@added@
identifier f, vmf, pfn, other;
expression first;
@@
 f(struct vm_fault *vmf)
 {
 ... when != \(vmf->address\|vmf->pgoff\)
     when != other(..., vmf, ...)
-unsigned long pfn = first;
 ... when != \(vmf->address\|vmf->pgoff\)
     when != other(..., vmf, ...)
     when != pfn
-pfn += (vmf->address - vmf->vma->vm_start) >> PAGE_SHIFT;
-return vmf_insert_pfn(vmf->vma, vmf->address, pfn);
+return pfnfault_insert_range(vmf, vmf->vma->vm_pgoff, first,
+			     vma_pages(vmf->vma), vmf->vma->vm_page_prot);
 }

@depends on linear || added@
expression vmf, index, first, nr, prot;
@@
 pfnfault_insert_range(vmf, index,
-	(first),
+	first,
	nr, prot)

// Any other handler: the one page.

@direct@
identifier f, vmf;
expression pfn, prot;
@@
 f(..., struct vm_fault *vmf, ...)
 {
 <+...
(
-vmf_insert_pfn(vmf->vma, \(vmf->address\|vmf->address & PAGE_MASK\), pfn)
+pfnfault_insert_pfn(vmf, pfn)
|
-vmf_insert_pfn_prot(vmf->vma, \(vmf->address\|vmf->address & PAGE_MASK\), pfn, prot)
+pfnfault_insert_range(vmf, vmf->pgoff, pfn, 1, prot)
)
 ...+>
 }

@vma_of@
identifier f, vmf, area;
expression E;
@@
 f(..., struct vm_fault *vmf, ...)
 {
 ... when any
 struct vm_area_struct *area = vmf->vma;
 ... when != area = E
     when != &area
 }

@named@
identifier vma_of.f, vma_of.vmf, vma_of.area;
expression pfn, prot;
@@
 f(..., struct vm_fault *vmf, ...)
 {
 <+...
(
-vmf_insert_pfn(area, \(vmf->address\|vmf->address & PAGE_MASK\), pfn)
+pfnfault_insert_pfn(vmf, pfn)
|
-vmf_insert_pfn_prot(area, \(vmf->address\|vmf->address & PAGE_MASK\), pfn, prot)
+pfnfault_insert_range(vmf, vmf->pgoff, pfn, 1, prot)
)
 ...+>
 }

@depends on named@
identifier vma_of.f, vma_of.vmf, vma_of.area;
@@
 f(..., struct vm_fault *vmf, ...)
 {
 ... when any
-struct vm_area_struct *area = vmf->vma;
 ... when != area
 }

// NOPAGE whatever became of the page: where it failed, the program faults for ever.

@depends on direct || named@
expression vmf, pfn;
@@
-pfnfault_insert_pfn(vmf, pfn);
-return VM_FAULT_NOPAGE;
+return pfnfault_insert_pfn(vmf, pfn);

// Before the first of the includes: the last may be under an #ifdef.

@depends on linear || added || direct || named@
@@
+#include <linux/pfnfault.h>
 #include ...

@depends on linear || added || direct || named@
declarer name MODULE_LICENSE;
typedef PFNFAULT_IMPORT;
expression licence;
@@
 MODULE_LICENSE(licence);
+PFNFAULT_IMPORT;

// What is left is the driver writer's.

@left depends on report@
identifier insert = {vmf_insert_pfn, vmf_insert_pfn_prot};
position p;
@@
 insert@p(...)

@script:python depends on report@
p << left.p;
insert << left.insert;
@@
coccilib.report.print_report(p[0], "%s() in %s() is left alone: not at vmf->address of vmf->vma" % (insert, p[0].current_element))

@mixed depends on report@
identifier insert = {vmf_insert_mixed, vmf_insert_mixed_mkwrite};
position p;
@@
 insert@p(...)

@script:python depends on report@
p << mixed.p;
insert << mixed.insert;
@@
coccilib.report.print_report(p[0], "%s() in %s() is left alone: what it maps may have a struct page" % (insert, p[0].current_element))
